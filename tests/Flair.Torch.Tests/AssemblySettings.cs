// Threads and memory statistics are libtorch's for the whole process, and the tests take a second.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
