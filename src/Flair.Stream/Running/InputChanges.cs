using Flair.Indexing;

namespace Flair.Running;

/// <summary>Input files beside what the records of an output directory say of them; paths in order.</summary>
/// <param name="Added">Files that no record knows.</param>
/// <param name="Changed">Files whose size or modification time is not that of a record, be it earlier or later.</param>
/// <param name="Removed">Files that a record knows and that are not among the inputs.</param>
public sealed record InputChanges(IReadOnlyList<string> Added, IReadOnlyList<string> Changed, IReadOnlyList<string> Removed)
{
    /// <summary>Nothing changed.</summary>
    public static InputChanges None { get; } = new([], [], []);

    /// <summary>Collects what records say.</summary>
    /// <param name="present">The files of today.</param>
    internal sealed class Collector(IEnumerable<InputFingerprint> present)
    {
        private readonly Dictionary<string, InputFingerprint> _present = present.DistinctBy(file => file.Path).ToDictionary(file => file.Path, StringComparer.Ordinal);
        private readonly HashSet<string> _known = new(StringComparer.Ordinal);
        private readonly SortedSet<string> _changed = new(StringComparer.Ordinal);
        private readonly SortedSet<string> _removed = new(StringComparer.Ordinal);

        /// <summary>Takes the record of a tile.</summary>
        /// <param name="row">The record.</param>
        /// <param name="frozen">True for a tile without input: it is not done again, so what changed around it since is no news.</param>
        public void Add(TileRow row, bool frozen)
        {
            foreach (var file in row.Inputs)
            {
                _known.Add(file.Path);
                if (!_present.TryGetValue(file.Path, out var now))
                    _removed.Add(file.Path);
                else if (!frozen && file.Bytes >= 0 && file != now) // a negative size marks a file that could not be read
                    _changed.Add(file.Path);
            }
        }

        /// <summary>The result.</summary>
        public InputChanges Result() =>
            new([.. _present.Keys.Where(path => !_known.Contains(path)).Order(StringComparer.Ordinal)], [.. _changed], [.. _removed]);
    }
}
