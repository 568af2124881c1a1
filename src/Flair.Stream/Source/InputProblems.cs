namespace Flair.Source;

/// <summary>Collects what is wrong with the inputs, so that one error names it all.</summary>
internal sealed class InputProblems
{
    private const int MostNamed = 10;
    private readonly List<string> _problems = [];

    public bool Any => _problems.Count > 0;

    public void Add(string problem) => _problems.Add(problem);

    /// <summary>Throws when there is any.</summary>
    public void ThrowIfAny()
    {
        if (_problems.Count == 0)
            return;
        if (_problems.Count == 1)
            throw new FlairException(_problems[0]);
        var more = _problems.Count > MostNamed ? $"; and {_problems.Count - MostNamed} more" : "";
        throw new FlairException($"the inputs cannot be mapped, {_problems.Count} problems: {string.Join("; ", _problems.Take(MostNamed))}{more}");
    }
}
