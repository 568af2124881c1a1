using System.Text.RegularExpressions;

namespace Flair.Settings;

/// <summary>The products of a pipeline: its keys <c>inputs</c>, <c>input</c> and <c>bands</c>, and the option <c>--input</c>.</summary>
internal static partial class PipelineInputs
{
    private const string InputOption = "--input";

    [GeneratedRegex(@"^(?<name>[A-Za-z_][\w.-]*)=(?<path>.+)$")]
    private static partial Regex NamedInput();

    /// <summary>Merges <c>--input</c>; see <see cref="SettingsOverrides.Inputs"/>.</summary>
    public static void Merge(MapNode tree, OverrideMerger merger, SettingsReport report, IReadOnlyList<string> inputs)
    {
        var products = (tree.Find("inputs") as ListNode)?.Items.OfType<MapNode>().ToArray() ?? [];
        var names = products.Select(p => (p.Find("name") as ScalarNode)?.Text ?? "").ToArray();
        var plain = new List<string>();
        foreach (var given in inputs)
        {
            var input = RemotePlaces.WithoutSecret(given);
            var match = NamedInput().Match(input);
            if (!match.Success || (products.Length == 0 && File.Exists(input)))
            {
                plain.Add(input);
                continue;
            }

            var (name, path) = (match.Groups["name"].Value, merger.Node(InputOption, match.Groups["path"].Value));
            var at = Array.IndexOf(names, name);
            var part = name.EndsWith(".surface", StringComparison.Ordinal) ? "surface" : name.EndsWith(".terrain", StringComparison.Ordinal) ? "terrain" : null;
            if (at < 0 && part is not null)
                at = Array.IndexOf(names, name[..^(part.Length + 1)]);
            var node = new ScalarNode(new Origin($"{InputOption} {name}={path.Text}", path.Origin.Directory), path.Text, plain: false);
            if (at < 0)
                report.Fail(node.Origin, $"the pipeline has no product '{name}'" + (names.Length > 0 ? NearestName.Suggest(name, names) : ""));
            else if (part is null && products[at].Find("surface") is not null)
                report.Fail(node.Origin, $"'{name}' is a height; give {name}.surface=PATH and {name}.terrain=PATH");
            else
                products[at].Set(part ?? "path", node);
        }

        if (plain.Count == 0)
            return;
        var nodes = plain.ConvertAll(p => merger.Node(InputOption, p));
        var list = new ListNode(nodes[0].Origin);
        list.Items.AddRange(nodes);
        if (products.Length == 1 && products[0].Find("surface") is null)
            products[0].Set("path", list);
        else if (products.Length > 1 && plain.Count > 1)
            report.Fail(nodes[1].Origin, $"the pipeline has {products.Length} products ({string.Join(", ", names)}); give one directory that holds them all, or NAME=PATH");
        else
            merger.Put(products.Length > 1 ? nodes[0] : list, "input");
    }

    /// <summary>Reads the products; empty when something is wrong, which is then in the report.</summary>
    public static IReadOnlyList<ProductSettings> Read(SettingsSection root, SettingsReport report)
    {
        var listed = root.Take("inputs", "inputs");
        if (listed is null)
            return ReadShorthand(root);
        if (root.Take("bands", "bands") is { } bands)
            report.Fail(bands.Origin, "'bands' at the top belongs to a single input; with 'inputs', give the bands of each product");
        if (listed is not ListNode { Items.Count: > 0 } list)
        {
            report.Fail(listed.Origin, $"'inputs' must be a list of products, each with a name, not {(listed is ListNode ? "an empty list" : listed.Describe())}");
            return [];
        }

        var place = new Lookup(root.Text("input", "input") is not null ? root.Path("input", "input") : null);
        var products = new List<ProductSettings>();
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (list.Items[i] is MapNode map)
                products.Add(ReadProduct(map, report, i, place));
            else
                report.Fail(list.Items[i].Origin, $"'inputs' must be a list of products, each with a name, not {list.Items[i].Describe()}");
        }

        if (place is { Root: not null, Used: false })
            report.Fail("input", "it moves no product, as all their paths are absolute; give NAME=PATH for a product");
        return products;
    }

    private static ProductSettings[] ReadShorthand(SettingsSection root)
    {
        var paths = root.Texts("input", "inputs.0.path");
        var bands = root.Integers("bands", "inputs.0.bands");
        root.Missing("input", "inputs.0.path", "give a raster, a directory or a glob (or --input PATH); several products go under 'inputs'");
        if (root.Take("input", "inputs.0.path") is not null)
            root.Missing("bands", "inputs.0.bands", "list the bands that the model takes, such as [1, 2, 3]");
        return [new() { Name = "image", Paths = Resolve(paths, new Lookup(null)), Bands = bands ?? [] }];
    }

    private static ProductSettings ReadProduct(MapNode map, SettingsReport report, int index, Lookup place)
    {
        var setting = $"inputs.{index}";
        report.Note(setting, map.Origin, setting);
        var isHeight = map.Find("surface") is not null || map.Find("terrain") is not null;
        var product = isHeight
            ? SettingsSection.Open(map, report, setting, "name", "surface", "terrain", "unit")
            : SettingsSection.Open(map, report, setting, "name", "path", "bands", "surface", "terrain");
        var name = product.Text("name", $"{setting}.name");
        product.Missing("name", $"{setting}.name", "name the product, such as rvb");
        if (isHeight)
        {
            var surface = product.Texts("surface", $"{setting}.surface");
            var terrain = product.Texts("terrain", $"{setting}.terrain");
            var unit = product.Number("unit", $"{setting}.unit");
            product.Missing("surface", $"{setting}.surface", "a height needs a surface model");
            return new()
            {
                Name = name ?? "",
                Height = new() { Surface = Resolve(surface, place), Terrain = Resolve(terrain, place), Unit = unit ?? 0.2 },
            };
        }

        var paths = product.Texts("path", $"{setting}.path");
        var bands = product.Integers("bands", $"{setting}.bands");
        product.Missing("path", $"{setting}.path", "give rasters, directories or globs, or 'surface' and 'terrain' for a height");
        product.Missing("bands", $"{setting}.bands", "list the bands that the model takes, such as [1, 2, 3]");
        return new() { Name = name ?? "", Paths = Resolve(paths, place), Bands = bands ?? [] };
    }

    private static string[] Resolve(IReadOnlyList<ScalarNode>? paths, Lookup place) => paths is null ? [] : [.. paths.Select(place.Resolve)];

    /// <summary>Looks relative paths up under <c>input</c> where that is given; those of the command line stay with the working directory.</summary>
    private sealed class Lookup(string? root)
    {
        public string? Root => root;

        public bool Used { get; private set; }

        public string Resolve(ScalarNode path)
        {
            var fromFile = !path.Origin.Place.StartsWith("--", StringComparison.Ordinal);
            if (root is null || !fromFile)
                return SettingsPaths.Resolve(path.Text, path.Origin.Directory);
            Used |= !Path.IsPathRooted(path.Text) && !path.Text.Contains("://", StringComparison.Ordinal);
            return SettingsPaths.Resolve(path.Text, root);
        }
    }
}
