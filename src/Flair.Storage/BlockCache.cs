using System.Buffers;

namespace Flair.Storage;

/// <summary>
/// Keeps what was read of remote files, in blocks, for all readers of the process: each block is asked for once however many want it,
/// neighbouring ones in one request, and the least recently used are dropped when all together exceed the capacity.
/// A request that failed leaves nothing: its blocks are asked for anew.
/// </summary>
/// <param name="blockBytes">Size of a block; requests begin and end at multiples of it.</param>
/// <param name="capacity">Bytes kept in all, those under way included.</param>
/// <param name="mostAtOnce">Bytes of the longest request.</param>
#pragma warning disable CA1001 // a semaphore without a wait handle holds nothing to free
internal sealed class BlockCache(int blockBytes, long capacity, int mostAtOnce)
#pragma warning restore CA1001
{
    private const int MostRequests = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(RemoteFile File, long Index), LinkedListNode<Block>> _blocks = [];
    private readonly LinkedList<Block> _recent = [];
    private readonly SemaphoreSlim _requests = new(MostRequests);
    private long _held;

    /// <summary>Bytes of a block.</summary>
    public int BlockBytes => blockBytes;

    /// <summary>Bytes that are kept or under way.</summary>
    public long Held
    {
        get
        {
            lock (_gate)
                return _held;
        }
    }

    /// <summary>Blocks of a file, in the order given; waits until all are there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="indexes">Which blocks, ascending.</param>
    /// <param name="ahead">Blocks after the last that will probably be wanted next; they are asked for and not waited for.</param>
    /// <exception cref="StorageException">Some could not be read.</exception>
    public byte[][] Get(RemoteFile file, IReadOnlyList<long> indexes, int ahead)
    {
        var wanted = new Block[indexes.Count];
        List<Block> missing = [], later = [];
        lock (_gate)
        {
            for (int i = 0; i < wanted.Length; i++)
                wanted[i] = Find(file, indexes[i]) ?? Add(file, indexes[i], missing);

            // Reading ahead must not push out what others read just now.
            long next = indexes[^1] + 1, last = Math.Min(next + ahead, ((file.Entry.Bytes - 1) / blockBytes) + 1);
            for (; next < last && _held + blockBytes <= capacity / 2; next++)
            {
                if (!_blocks.ContainsKey((file, next)))
                    Add(file, next, later);
            }

            Trim();
        }

        foreach (var run in Runs(missing).Concat(Runs(later)))
            _ = FetchAsync(file, run);
        var result = new byte[wanted.Length][];
        for (int i = 0; i < wanted.Length; i++)
            result[i] = wanted[i].Bytes.GetAwaiter().GetResult();
        return result;
    }

    /// <summary>Drops all blocks that are complete.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            foreach (var block in _recent.Where(block => block.Bytes.IsCompleted).ToList())
                Remove(block);
        }
    }

    private Block? Find(RemoteFile file, long index)
    {
        if (!_blocks.TryGetValue((file, index), out var node))
            return null;
        _recent.Remove(node);
        _recent.AddLast(node);
        return node.Value;
    }

    private Block Add(RemoteFile file, long index, List<Block> list)
    {
        var block = new Block(file, index, (int)Math.Min(blockBytes, file.Entry.Bytes - (index * blockBytes)));
        _blocks[(file, index)] = _recent.AddLast(block);
        _held += block.Length;
        list.Add(block);
        return block;
    }

    private void Trim()
    {
        for (var node = _recent.First; node is not null && _held > capacity;)
        {
            var next = node.Next;
            if (node.Value.Bytes.IsCompleted)
                Remove(node.Value);
            node = next;
        }
    }

    private void Remove(Block block)
    {
        if (_blocks.TryGetValue((block.File, block.Index), out var node) && ReferenceEquals(node.Value, block))
        {
            _blocks.Remove((block.File, block.Index));
            _recent.Remove(node);
            _held -= block.Length;
        }
    }

    private IEnumerable<List<Block>> Runs(List<Block> blocks)
    {
        List<Block> run = [];
        foreach (var block in blocks)
        {
            if (run.Count > 0 && (block.Index != run[^1].Index + 1 || (run.Count + 1L) * blockBytes > mostAtOnce))
            {
                yield return run;
                run = [];
            }

            run.Add(block);
        }

        if (run.Count > 0)
            yield return run;
    }

    private async Task FetchAsync(RemoteFile file, List<Block> run)
    {
        int length = run.Sum(block => block.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await _requests.WaitAsync().ConfigureAwait(false);
            try
            {
                await Task.Run(() => file.FetchAsync(run[0].Index * blockBytes, buffer.AsMemory(0, length))).ConfigureAwait(false);
            }
            finally
            {
                _requests.Release();
            }

            int at = 0;
            foreach (var block in run)
            {
                block.Complete(buffer.AsSpan(at, block.Length).ToArray());
                at += block.Length;
            }
        }
#pragma warning disable CA1031 // whatever it was, those who wait must learn of it
        catch (Exception fault)
        {
            lock (_gate)
            {
                foreach (var block in run)
                    Remove(block);
            }

            foreach (var block in run)
                block.Fail(fault);
        }
#pragma warning restore CA1031
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private sealed class Block(RemoteFile file, long index, int length)
    {
        private readonly TaskCompletionSource<byte[]> _bytes = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public RemoteFile File => file;

        public long Index => index;

        public int Length => length;

        public Task<byte[]> Bytes => _bytes.Task;

        public void Complete(byte[] bytes) => _bytes.TrySetResult(bytes);

        public void Fail(Exception fault)
        {
            _bytes.TrySetException(fault);
            _ = _bytes.Task.Exception; // perhaps nobody waits
        }
    }
}
