using Flair.Source;

namespace Flair.Tests.Source;

public sealed class QuarantineTests : IDisposable
{
    private static readonly DateTime Now = new(2026, 3, 1, 2, 0, 0, DateTimeKind.Utc);
    private readonly string _root = Directory.CreateTempSubdirectory("flair-quarantine-").FullName;

    private string File1 => Path.Combine(_root, "one.jp2");

    private string State => Path.Combine(_root, "quarantine.json");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_file_stays_as_long_as_it_is_the_same()
    {
        Begin();
        var found = Load("1", 7, Now.AddDays(6)).Find(File1);
        Assert.Equal((false, "crashes", 3), (found!.Opens, found.Reason, found.Bytes));
        File.WriteAllText(File1, "four");
        Assert.Null(Load("1", 7, Now.AddDays(6)).Find(File1));
    }

    [Theory]
    [InlineData("1", 7, 7)]
    [InlineData("1", 0, 0)]
    [InlineData("2", 7, 1)]
    public void It_leaves_after_some_days_and_for_other_software(string software, int days, int after)
    {
        Begin();
        Assert.Null(Load(software, days, Now.AddDays(after)).Find(File1));
    }

    [Fact]
    public void What_was_just_found_out_holds_whatever_its_age_and_without_its_token()
    {
        Begin();
        var quarantine = Quarantine.Load(State, [new DecodeVerdict(File1 + "?sig=secret", true, "hangs")], "1", 0, Now);
        Assert.Equal("hangs", quarantine.Find(File1)!.Reason);
        quarantine.Save(State);
        Assert.DoesNotContain("secret", File.ReadAllText(State), StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_file_is_none_and_an_empty_quarantine_leaves_none()
    {
        File.WriteAllText(State, "[{\"path\":");
        var quarantine = Load("1", 7, Now);
        Assert.Empty(quarantine.Files);
        quarantine.Save(State);
        Assert.False(File.Exists(State));
    }

    private void Begin()
    {
        File.WriteAllText(File1, "abc");
        Quarantine.Load(State, [new DecodeVerdict(File1, false, "crashes")], "1", 7, Now).Save(State);
    }

    private Quarantine Load(string software, int days, DateTime now) => Quarantine.Load(State, [], software, days, now);
}
