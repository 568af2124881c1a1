namespace Flair.Cli.Doctor;

/// <summary>What became of a check.</summary>
internal enum CheckStatus
{
    /// <summary>As it must be.</summary>
    Ok,

    /// <summary>Not there, and not needed: something is slower or one thing cannot be done.</summary>
    Optional,

    /// <summary>Flair.Stream does not work like this.</summary>
    Failed,
}

/// <summary>One finding about this machine.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Status">How it is.</param>
/// <param name="Detail">What was found: a version, a size.</param>
/// <param name="Fix">What to do about it; null when there is nothing to do.</param>
internal sealed record Check(string Name, CheckStatus Status, string Detail, string? Fix = null)
{
    /// <summary>Makes a check that fails with <paramref name="fix"/> when <paramref name="look"/> throws or finds nothing.</summary>
    /// <param name="name">What is looked at.</param>
    /// <param name="look">Finds it, in words; null when it is not there.</param>
    /// <param name="fix">What to do when it is not.</param>
    /// <param name="required">False when Flair.Stream works without it.</param>
    public static Check Run(string name, Func<string?> look, string fix, bool required = true)
    {
        var missing = required ? CheckStatus.Failed : CheckStatus.Optional;
        try
        {
            return look() is { } detail ? new Check(name, CheckStatus.Ok, detail) : new Check(name, missing, "not there", fix);
        }
        catch (Exception e)
        {
            // Whatever a native library does when it is broken is a finding here, not a failure of doctor.
            var cause = e is TypeInitializationException { InnerException: { } inner } ? inner : e;
            return new Check(name, missing, cause.Message.Split('\n')[0], fix);
        }
    }
}
