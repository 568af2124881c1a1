using System.Threading.Tasks.Dataflow;
using Flair.Batching;
using Flair.Inference;
using Flair.Kernels;
using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Torch;
using Flair.Windowing;

namespace Flair.Tests.Inference;

public sealed class InferenceBlockTests
{
    private const int Batches = 40;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    public async Task Logits_leave_in_order_whoever_is_faster(int workers, int inFlight)
    {
        var networks = Enumerable.Range(0, workers).Select(number => new NumberNetwork(number, inFlight)).ToArray();
        var threads = networks.Select(_ => new DeviceThread()).ToArray();
        var counters = new BlockCounters("inference", "windows");
        var block = InferenceBlock.Create([.. networks.Zip(threads, (network, thread) => new InferenceWorker(network, thread))], new RunTally(), counters, CancellationToken.None);
        var unit = Unit();
        var numbers = new List<int>();
        var records = new List<WindowRecord>();
        var sink = new ActionBlock<BatchLogits>(logits =>
        {
            using (logits)
            {
                if (logits.Logits is not null)
                    numbers.Add((int)logits.Logits.View.ToArray()[0]);
            }
        });
        block.LinkTo(sink, new DataflowLinkOptions { PropagateCompletion = true });
        for (var i = 0; i < Batches; i++)
        {
            records.Add(new WindowRecord { NodataShare = 0, Seconds = -1 });
            var window = CutWindow.Create(unit, unit.Rows[0][0], records[i], 1);
            window.Pixels[0] = (byte)i;
            await block.SendAsync(new WindowBatch(unit, [window]));
        }

        await block.SendAsync(new WindowBatch(unit, []));
        block.Complete();
        await sink.Completion;
        foreach (var thread in threads)
            thread.Dispose();

        Assert.Equal(Enumerable.Range(0, Batches), numbers);
        Assert.All(records, record => Assert.True(record.Seconds >= 0));
        Assert.All(networks, network => Assert.True(network.Calls > 0));
        Assert.Equal((Batches, 0), (counters.Snapshot().Items, counters.Snapshot().Workers));
    }

    [Fact]
    public async Task A_network_under_way_is_waited_for_and_not_counted_as_busy()
    {
        var ready = new TaskCompletionSource();
        var network = new NumberNetwork(0, 1) { Ready = ready.Task };
        using var thread = new DeviceThread();
        var counters = new BlockCounters("inference", "windows");
        var block = InferenceBlock.Create([new(network, thread)], new RunTally(), counters, CancellationToken.None);
        var unit = Unit();
        await block.SendAsync(OneWindow(unit));
        var first = block.ReceiveAsync();
        await Task.WhenAny(first, Task.Delay(100));
        Assert.Equal((0, 0), (network.Calls, counters.Snapshot().Workers));

        ready.SetResult();
        using (await first)
            Assert.Equal(1, network.Calls);
        await block.SendAsync(new WindowBatch(unit, []));
        using var end = await block.ReceiveAsync();
        Assert.Null(end.Logits);
    }

    [Fact]
    public async Task Waiting_for_room_is_not_counted_as_busy()
    {
        var room = new LogitsRoom(1, TimeSpan.FromMinutes(1));
        using var thread = new DeviceThread();
        var counters = new BlockCounters("inference", "windows");
        var block = InferenceBlock.Create([new(new RoomyNetwork(room), thread)], new RunTally(), counters, CancellationToken.None);
        var unit = Unit();
        using var batch = OneWindow(unit);
        var before = room.Take();
        await block.SendAsync(batch);
        await Task.Delay(TimeSpan.FromSeconds(2));

        before.Dispose();

        using var logits = await block.ReceiveAsync();
        Assert.True(logits.Logits!.Waited > 0);
        Assert.InRange(batch.Windows[0].Record!.Seconds, 0, 1);
        Assert.InRange(counters.Snapshot().Busy, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_network_that_never_comes_faults_the_block()
    {
        var network = new NumberNetwork(0, 1) { Ready = Task.FromException(new FlairException("no such kernel")) };
        using var thread = new DeviceThread();
        var block = InferenceBlock.Create([new(network, thread)], new RunTally(), new BlockCounters("inference", "windows"), CancellationToken.None);
        await block.SendAsync(OneWindow(Unit()));
        Assert.Equal("no such kernel", (await Assert.ThrowsAsync<FlairException>(() => block.Completion)).Message);
    }

    [Fact]
    public void Batches_that_overlap_share_no_time()
    {
        var time = new InferenceBlock.BusyTime();
        Assert.Equal(10, time.Add(100, 110));
        // Begun while the one before was computed.
        Assert.Equal(8, time.Add(104, 118));
        // After a pause.
        Assert.Equal(5, time.Add(200, 205));
        // Seen to be done after its successor.
        Assert.Equal(0, time.Add(190, 204));
    }

    private static UnitState Unit() =>
        new UnitState(new WorkUnit([new SourceTile("t", new(0, 0, 8, 8), "t.tif", [], null)]), new GridLattice(new() { Size = 8, Margin = 0 }, StitchMode.Crop), _ => true);

    private static WindowBatch OneWindow(UnitState unit) => new(unit, [CutWindow.Create(unit, unit.Rows[0][0], new WindowRecord { NodataShare = 0 }, 1)]);

    /// <summary>Gives zeros, where there is room for them.</summary>
    private sealed class RoomyNetwork(LogitsRoom room) : IWindowNetwork
    {
        public int BatchSize => 1;

        public PixelRect Kept => new(0, 0, 1, 1);

        public WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows) => new HostLogits(1, 1, 1, 1, room.Take());

        public void Dispose()
        {
        }
    }

    /// <summary>Gives a window's first byte back, sometimes late.</summary>
    private sealed class NumberNetwork(int number, int inFlight) : IWindowNetwork
    {
        private readonly Random _random = new(number);

        public int Calls { get; private set; }

        public int BatchSize => 1;

        public PixelRect Kept => new(0, 0, 1, 1);

        public int InFlight => inFlight;

        public Task Ready { get; init; } = Task.CompletedTask;

        public WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows)
        {
            Calls++;
            Thread.Sleep(_random.Next(4));
            return new TensorLogits(Creation.Full([1, 1, 1, 1], windows[0].Span[0]));
        }

        public void Dispose()
        {
        }
    }
}
