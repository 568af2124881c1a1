using System.Runtime.InteropServices;
using System.Text;
using Flair.Settings;

namespace Flair.Source;

/// <summary>What a thread does with an input.</summary>
public enum DecodePhase
{
    /// <summary>Opens it and reads its header.</summary>
    Opening,

    /// <summary>Decodes pixels of it.</summary>
    Decoding,
}

/// <summary>An input that a thread was at work on.</summary>
/// <param name="Slot">The thread's slot.</param>
/// <param name="Number">Counts what the process began; the same slot with another number is another piece of work.</param>
/// <param name="Phase">What it did.</param>
/// <param name="Path">The input, as it was opened.</param>
public readonly record struct DecodeEntry(int Slot, long Number, DecodePhase Phase, string Path);

/// <summary>An input that is known to crash or hang its decoder.</summary>
/// <param name="Path">The input, as it was opened.</param>
/// <param name="Opens">True when its header can be read, so that its place is known.</param>
/// <param name="Reason">What it does, in one line.</param>
public sealed record DecodeVerdict(string Path, bool Opens, string Reason);

/// <summary>
/// Which inputs a process is decoding, in memory that it shares with the process that started it. No file bears it: it is there as long as one
/// of the two. What a native library does to the process, a crash or a hang, leaves it as it was, so that it names the suspects.
/// Back, the starter tells what it found out about inputs. The writing side is safe to use from several threads.
/// </summary>
public sealed unsafe partial class DecodeLedger : IDisposable
{
    // A page of figures, slots of {number, phase, length of the path, path}, then {length, verdicts as lines of text}.
    private const int Slots = 256;
    private const int SlotBytes = 4224;
    private const int SlotHeader = 16;
    private const int SlotsAt = 4096;
    private const int VerdictsAt = SlotsAt + (Slots * SlotBytes);
    private const int VerdictBytes = 1 << 20;
    private const int Size = VerdictsAt + VerdictBytes;
    private const int StallAt = 0;
    private const int RestartsAt = 8;
    private const int StopsAt = 12;

    private readonly byte* _memory;
    private readonly int _descriptor;
    private readonly int[] _taken = new int[Slots];
    private long _number;
    private bool _disposed;

    private DecodeLedger(int descriptor, bool keepDescriptor)
    {
        var memory = mmap(0, Size, ProtRead | ProtWrite, MapShared, descriptor, 0);
        if (memory == -1)
            throw new IOException($"the memory shared with another process cannot be mapped (error {Marshal.GetLastPInvokeError()})");
        _memory = (byte*)memory;
        _descriptor = keepDescriptor ? descriptor : -1;
        if (!keepDescriptor)
            _ = close(descriptor);
    }

    /// <summary>The ledger that this process keeps; null when nobody looks at it.</summary>
    public static DecodeLedger? Current { get; set; }

    /// <summary>What a child inherits, to be given to <see cref="Open"/>.</summary>
    public int Descriptor => _descriptor;

    /// <summary>How long an input may take without any progress; zero for ever. Told by the process that decodes; the settings' default before.</summary>
    public TimeSpan Stall
    {
        get => TimeSpan.FromMilliseconds(Volatile.Read(ref Int64(StallAt)));
        set => Volatile.Write(ref Int64(StallAt), (long)value.TotalMilliseconds);
    }

    /// <summary>How often the process may be started again after a death that no input is to blame for. Told by the process that decodes.</summary>
    public int Restarts
    {
        get => Volatile.Read(ref Int32(RestartsAt));
        set => Volatile.Write(ref Int32(RestartsAt), value);
    }

    /// <summary>Signals to stop that the process has seen.</summary>
    public int Stops => Volatile.Read(ref Int32(StopsAt));

    /// <summary>Makes one that processes started from now on inherit.</summary>
    /// <exception cref="IOException">The system gives no memory for it.</exception>
    public static DecodeLedger Create()
    {
        var descriptor = memfd_create("flair-ledger", 0);
        if (descriptor < 0 || ftruncate(descriptor, Size) != 0)
            throw new IOException($"no memory to share with another process (error {Marshal.GetLastPInvokeError()})");
        return new DecodeLedger(descriptor, keepDescriptor: true);
    }

    /// <summary>Opens the one inherited from the process that started this one. The descriptor is closed, so that nothing inherits it further.</summary>
    /// <exception cref="IOException">It is none.</exception>
    public static DecodeLedger Open(int descriptor) => new(descriptor, keepDescriptor: false);

    /// <summary>Notes what this thread begins, in <see cref="Current"/>.</summary>
    /// <param name="path">The input.</param>
    /// <param name="phase">What is done with it.</param>
    /// <returns>Disposed of when the work is done.</returns>
    public static Entry Note(string path, DecodePhase phase) => Current?.Enter(path, phase) ?? default;

    /// <summary>Notes what a thread begins. Nothing is noted where more work goes on at once than there is room for.</summary>
    /// <param name="path">The input.</param>
    /// <param name="phase">What is done with it.</param>
    /// <returns>Disposed of when the work is done.</returns>
    public Entry Enter(string path, DecodePhase phase) => new(this, Begin(path, phase));

    /// <summary>Counts a signal to stop.</summary>
    public void CountStop() => Interlocked.Increment(ref Int32(StopsAt));

    /// <summary>What is being decoded.</summary>
    public IReadOnlyList<DecodeEntry> Active()
    {
        List<DecodeEntry> active = [];
        for (var slot = 0; slot < Slots; slot++)
        {
            var at = SlotAt(slot);
            var number = Volatile.Read(ref Int64(at));
            var length = Math.Clamp(Int32(at + 12), 0, SlotBytes - SlotHeader);
            var path = Encoding.UTF8.GetString(_memory + at + SlotHeader, number == 0 ? 0 : length);
            if (number != 0 && Volatile.Read(ref Int64(at)) == number)
                active.Add(new DecodeEntry(slot, number, (DecodePhase)Int32(at + 8), path));
        }

        return active;
    }

    /// <summary>Forgets all but the verdicts, for the next process.</summary>
    public void Clear()
    {
        new Span<byte>(_memory, VerdictsAt).Clear();
        var defaults = new ResourceSettings();
        Stall = TimeSpan.FromMinutes(defaults.StallMinutes);
        Restarts = defaults.Restarts;
    }

    /// <summary>What is known of inputs.</summary>
    public IReadOnlyList<DecodeVerdict> Verdicts()
    {
        var text = Encoding.UTF8.GetString(_memory + VerdictsAt + 4, Math.Clamp(Int32(VerdictsAt), 0, VerdictBytes - 4));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).Select(parts => new DecodeVerdict(parts[1], parts[0] == "opens", parts[2]))];
    }

    /// <summary>Adds what was found out; of several on one input the last counts.</summary>
    /// <returns>False when there is no more room.</returns>
    public bool TryAdd(DecodeVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        var line = Encoding.UTF8.GetBytes($"{(verdict.Opens ? "opens" : "closed")}\t{verdict.Path}\t{verdict.Reason.ReplaceLineEndings(" ").Replace('\t', ' ')}\n");
        var length = Int32(VerdictsAt);
        if (length + line.Length > VerdictBytes - 4 || verdict.Path.AsSpan().IndexOfAny('\t', '\n') >= 0)
            return false;
        line.CopyTo(new Span<byte>(_memory + VerdictsAt + 4 + length, line.Length));
        Int32(VerdictsAt) = length + line.Length;
        return true;
    }

    /// <summary>Gives the memory back, once the other process is gone too.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _ = munmap((nint)_memory, Size);
        if (_descriptor >= 0)
            _ = close(_descriptor);
    }

    private static int SlotAt(int slot) => SlotsAt + (slot * SlotBytes);

    private ref long Int64(int at) => ref *(long*)(_memory + at);

    private ref int Int32(int at) => ref *(int*)(_memory + at);

    /// <summary>Takes a slot; -1 where there is none or the path is longer than any path.</summary>
    private int Begin(string path, DecodePhase phase)
    {
        if (Encoding.UTF8.GetByteCount(path) > SlotBytes - SlotHeader)
            return -1;
        var first = Environment.CurrentManagedThreadId;
        for (var i = 0; i < Slots; i++)
        {
            var slot = (first + i) % Slots;
            if (Interlocked.CompareExchange(ref _taken[slot], 1, 0) != 0)
                continue;
            var at = SlotAt(slot);
            Int32(at + 8) = (int)phase;
            Int32(at + 12) = Encoding.UTF8.GetBytes(path, new Span<byte>(_memory + at + SlotHeader, SlotBytes - SlotHeader));
            Volatile.Write(ref Int64(at), Interlocked.Increment(ref _number));
            return slot;
        }

        return -1;
    }

    private void End(int slot)
    {
        if (slot < 0)
            return;
        Volatile.Write(ref Int64(SlotAt(slot)), 0);
        Volatile.Write(ref _taken[slot], 0);
    }

    /// <summary>Work that goes on.</summary>
    public readonly struct Entry : IDisposable
    {
        private readonly DecodeLedger? _ledger;
        private readonly int _slot;

        internal Entry(DecodeLedger ledger, int slot) => (_ledger, _slot) = (ledger, slot);

        /// <summary>Notes that it is done.</summary>
        public void Dispose() => _ledger?.End(_slot);
    }

    private const int ProtRead = 1;
    private const int ProtWrite = 2;
    private const int MapShared = 1;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
