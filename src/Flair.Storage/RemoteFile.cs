using Flair.Gdal;

namespace Flair.Storage;

/// <summary>One version of a remote file, as it was when it was found.</summary>
internal sealed class RemoteFile(ObjectPath path, IObjectStore store, ObjectEntry entry, BlockCache cache, Action<RemoteFile> outdated)
{
    private readonly Lock _gate = new();
    private RemoteTraffic _taken;
    private long _requests;
    private long _received;
    private long _used;

    public ObjectPath Path => path;

    public ObjectEntry Entry => entry;

    public RemoteTraffic Traffic => new(Interlocked.Read(ref _requests), Interlocked.Read(ref _received), Interlocked.Read(ref _used));

    /// <summary>The traffic that was not taken before.</summary>
    public RemoteTraffic TakeTraffic()
    {
        lock (_gate)
        {
            var now = Traffic;
            var news = now.Since(_taken);
            _taken = now;
            return news;
        }
    }

    /// <summary>Counts the question by which it was found.</summary>
    public void CountQuestion()
    {
        Interlocked.Increment(ref _requests);
        RemoteFiles.Count(1, 0, 0);
    }

    /// <summary>One ranged request, whatever it takes.</summary>
    public async Task FetchAsync(long offset, Memory<byte> buffer)
    {
        Interlocked.Increment(ref _requests);
        RemoteFiles.Count(1, 0, 0);
        try
        {
            int got = await store.ReadAsync(entry.Key, offset, buffer, entry.ETag);
            if (got != buffer.Length)
                throw new StorageException(StorageFault.Changed, $"{path}: it became shorter since it was opened");
            Interlocked.Add(ref _received, got);
            RemoteFiles.Count(0, got, 0);
        }
        catch (StorageException e) when (e.Fault is StorageFault.Changed or StorageFault.NotFound)
        {
            outdated(this);
            throw;
        }
    }

    public void CountUsed(int bytes)
    {
        Interlocked.Add(ref _used, bytes);
        RemoteFiles.Count(0, 0, bytes);
    }

    /// <summary>An open file over it.</summary>
    public IVsiFile Open() => new Handle(this, cache);

    /// <summary>Reads through the cache; notices when it is read from front to back, and then reads ahead, farther each time.</summary>
    private sealed class Handle(RemoteFile file, BlockCache cache) : IVsiFile
    {
        private const int MostAheadBytes = 4 << 20;
        private const int MostBatchBytes = 16 << 20;

        private long _last = -1;
        private int _ahead;

        public long Length => file.Entry.Bytes;

        public void Read(ReadOnlySpan<VsiRange> ranges)
        {
            // A batch at a time: all its blocks are held at once.
            for (int done = 0; done < ranges.Length;)
            {
                var first = ranges[done];
                if (first.Length > MostBatchBytes)
                {
                    for (int at = 0; at < first.Length; at += MostBatchBytes)
                        ReadBatch([new VsiRange(first.Offset + at, first.Target + at, Math.Min(MostBatchBytes, first.Length - at))]);
                    done++;
                    continue;
                }

                int count = 1;
                for (long bytes = first.Length; done + count < ranges.Length && (bytes += ranges[done + count].Length) <= MostBatchBytes;)
                    count++;
                ReadBatch(ranges.Slice(done, count));
                done += count;
            }
        }

        public void Dispose()
        {
        }

        private void ReadBatch(ReadOnlySpan<VsiRange> ranges)
        {
            int size = cache.BlockBytes;
            SortedSet<long> wanted = [];
            foreach (var range in ranges)
            {
                for (long index = range.Offset / size; range.Length > 0 && index <= (range.Offset + range.Length - 1) / size; index++)
                    wanted.Add(index);
            }

            if (wanted.Count == 0)
                return;
            long[] indexes = [.. wanted];
            var blocks = cache.Get(file, indexes, Ahead(indexes[0], indexes[^1]));
            foreach (var range in ranges)
            {
                for (int done = 0; done < range.Length;)
                {
                    long at = range.Offset + done;
                    var block = blocks[Array.BinarySearch(indexes, at / size)];
                    int from = (int)(at % size), part = Math.Min(block.Length - from, range.Length - done);
                    block.AsSpan(from, part).CopyTo(range.Span[done..]);
                    done += part;
                }

                file.CountUsed(range.Length);
            }
        }

        /// <summary>Blocks to read ahead: none at first and after a jump, then twice as many each time the next block is entered.</summary>
        private int Ahead(long first, long last)
        {
            if (last == _last)
                return 0;
            _ahead = _last >= 0 && (first == _last || first == _last + 1) ? Math.Clamp(_ahead * 2, 1, Math.Max(1, MostAheadBytes / cache.BlockBytes)) : 0;
            _last = last;
            return _ahead;
        }
    }
}

/// <summary>What was read of remote files.</summary>
/// <param name="Requests">Ranged requests and questions for size and version.</param>
/// <param name="BytesReceived">Bytes that were asked for and came.</param>
/// <param name="BytesUsed">Bytes that readers took of them, again when they took them again.</param>
public readonly record struct RemoteTraffic(long Requests, long BytesReceived, long BytesUsed)
{
    /// <summary>Both.</summary>
    public static RemoteTraffic operator +(RemoteTraffic left, RemoteTraffic right) =>
        new(left.Requests + right.Requests, left.BytesReceived + right.BytesReceived, left.BytesUsed + right.BytesUsed);

    /// <summary>Both.</summary>
    public RemoteTraffic Add(RemoteTraffic other) => this + other;

    /// <summary>What was added since.</summary>
    public RemoteTraffic Since(RemoteTraffic former) => new(Requests - former.Requests, BytesReceived - former.BytesReceived, BytesUsed - former.BytesUsed);
}
