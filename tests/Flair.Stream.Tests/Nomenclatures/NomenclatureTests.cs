using Flair.Nomenclatures;

namespace Flair.Tests.Nomenclatures;

public sealed class NomenclatureTests
{
    [Theory]
    [InlineData("flair-19", 19, "")]
    [InlineData("flair-15", 19, "clear cut, mixed, ligneous, other")]
    [InlineData("flair-13", 13, "")]
    [InlineData("flair-12", 12, "")]
    [InlineData("flair-hub", 19, "clear cut, ligneous, mixed, undefined")]
    [InlineData("classes-7", 7, "")]
    [InlineData("classes-255", 255, "")]
    public void Built_in_sets(string name, int logits, string inactive)
    {
        var nomenclature = Nomenclature.BuiltIn(name);

        Assert.Equal(name, nomenclature.Name);
        Assert.Equal(Enumerable.Range(0, logits), nomenclature.Classes.Select(entry => entry.Index));
        Assert.Equal(inactive, string.Join(", ", nomenclature.Classes.Where(entry => !entry.Active).Select(entry => entry.Name)));
        Assert.Equal(logits, nomenclature.Classes.Select(entry => entry.Color).Distinct().Count());
    }

    [Theory]
    [InlineData("flair-19", 4, "water", 0x1553ae)]
    [InlineData("flair-19", 17, "greenhouse", 0x9999ff)]
    [InlineData("flair-13", 12, "other", 0)]
    [InlineData("flair-hub", 1, "greenhouse", 0x9999ff)]
    [InlineData("flair-hub", 13, "coniferous", 0x194a26)]
    public void Classes_in_their_own_order(string name, int index, string className, int color)
    {
        var entry = Nomenclature.BuiltIn(name).Classes[index];

        Assert.Equal((className, color), (entry.Name, entry.Color));
    }

    [Theory]
    [InlineData("flair-18", "did you mean 'flair-1")]
    [InlineData("flairhub", "did you mean 'flair-hub'")]
    [InlineData("classes-0", "there is no nomenclature 'classes-0'")]
    [InlineData("classes-256", "there is no nomenclature")]
    [InlineData("corine", "flair-19, flair-15")]
    [InlineData("absent/corine.yaml", "no such nomenclature file")]
    public void Unknown_names_are_answered_with_valid_ones(string name, string expected)
    {
        Assert.Contains(expected, Assert.Throws<FlairException>(() => Nomenclature.Load(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_of_the_users_own()
    {
        var path = Save("- { name: water, color: \"#1553ae\" }\n- name: land\n  color: '#A97101'\n  active: false\n");

        var nomenclature = Nomenclature.Load(path);

        Assert.Equal("mine", nomenclature.Name);
        Assert.Equal([new LandCoverClass(0, "water", 0x1553ae), new LandCoverClass(1, "land", 0xa97101, false)], nomenclature.Classes);
    }

    [Theory]
    [InlineData("- { name: water, color: \"#1553ae\" }\n- { name: water, color: \"#1553af\" }", ":2:3: class 1 has the name of class 0")]
    [InlineData("- name: water\n  color: #1553ae", ":2:9: the colour is empty; write it in quotes")]
    [InlineData("- { name: water, color: \"#1553a\" }", ":1:25: a class needs a colour")]
    [InlineData("- { name: water }", ":1:3: a class needs a colour")]
    [InlineData("- { color: \"#1553ae\" }", ":1:3: a class needs a name")]
    [InlineData("- { name: water, colour: \"#1553ae\" }", ":1:18: unknown key 'colour'; did you mean 'color'?")]
    [InlineData("- { name: water, color: \"#1553ae\", active: perhaps }", ":1:44: 'active' must be true or false")]
    [InlineData("- { name: water, name: land, color: \"#1553ae\" }", ":1:18: the key 'name' is given twice")]
    [InlineData("- { name: water, color: \"#1553ae\", active: false }", ":1:1: no class is active")]
    [InlineData("name: water", ":1:1: a nomenclature is a list of classes")]
    [InlineData("- water", ":1:3: a class is written like")]
    [InlineData("", ":1:1: a nomenclature is a list")]
    [InlineData("- { name: water", "this is not YAML")]
    public void Errors_say_where_they_stand(string yaml, string expected)
    {
        var path = Save(yaml);

        var message = Assert.Throws<FlairException>(() => Nomenclature.Load(path)).Message;

        Assert.StartsWith(path + ":", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fingerprint_tells_apart_what_changes_a_map()
    {
        var flair = Nomenclature.BuiltIn("flair-19");
        var fingerprint = flair.ComputeFingerprint();

        Assert.Matches("^[0-9a-f]{64}$", fingerprint);
        Assert.Equal(fingerprint, new Nomenclature("flair-19", [.. flair.Classes]).ComputeFingerprint());
        Assert.NotEqual(fingerprint, (flair with { Name = "other" }).ComputeFingerprint());
        Assert.NotEqual(fingerprint, (flair with { Classes = [.. flair.Classes.Skip(1), flair.Classes[0]] }).ComputeFingerprint());
        Assert.NotEqual(fingerprint, (flair with { Classes = [.. flair.Classes.Select(entry => entry with { Active = entry.Index != 18 })] }).ComputeFingerprint());
    }

    private static string Save(string yaml)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "mine.yaml");
        File.WriteAllText(path, yaml);
        return path;
    }
}
