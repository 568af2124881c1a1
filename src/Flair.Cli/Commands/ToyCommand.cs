using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Flair.Toy;

namespace Flair.Cli.Commands;

/// <summary><c>flair toy</c>.</summary>
internal static partial class ToyCommand
{
    [GeneratedRegex("^(?<columns>[0-9]{1,4})x(?<rows>[0-9]{1,4})$")]
    private static partial Regex Grid();

    public static Command Create(CommandContext context)
    {
        var directory = new Argument<string>("DIR") { Description = "The directory that takes the scene." };
        var tiles = new Option<string>("--tiles") { HelpName = "CxR", Description = "Columns and rows of tiles.", DefaultValueFactory = _ => "2x2" };
        var size = new Option<int>("--size") { HelpName = "PIXELS", Description = "Width and height of a tile, 0.2 m a pixel.", DefaultValueFactory = _ => 1000 };
        var seed = new Option<int>("--seed") { HelpName = "N", Description = "Another seed is another landscape; the same one is the same, byte for byte.", DefaultValueFactory = _ => 1 };
        var patchSize = new Option<int>("--patch-size") { HelpName = "PIXELS", Description = "Width and height of a training patch.", DefaultValueFactory = _ => 512 };
        var noPatches = new Option<bool>("--no-patches") { Description = "Cut no training patches." };
        var noCrs = new Option<bool>("--no-crs") { Description = "Leave the coordinate system out of the imagery, as many delivered dalles do." };
        var force = new Option<bool>("--force") { Description = "Replace another scene that is in DIR." };
        var command = new Command("toy", "Make a small landscape in BD ORTHO's layout and names, with its labels: RVB and IRC, surface and terrain models, FLAIR training patches.")
        {
            directory, tiles, size, seed, patchSize, noPatches, noCrs, force,
        };
        command.SetAction(parsed =>
        {
            var (columns, rows) = ParseGrid(parsed.GetValue(tiles)!);
            var options = new ToyOptions
            {
                Directory = parsed.GetValue(directory)!,
                TilesX = columns,
                TilesY = rows,
                Size = parsed.GetValue(size),
                Seed = parsed.GetValue(seed),
                PatchSize = parsed.GetValue(patchSize),
                Patches = !parsed.GetValue(noPatches),
                WriteCrs = !parsed.GetValue(noCrs),
                Force = parsed.GetValue(force),
            };
            var manifest = ToyScene.Create(options, context.Out.WriteLine, context.Stop);
            context.Out.WriteLine($"{options.Directory}: {manifest.TilesX}x{manifest.TilesY} tiles of {manifest.Size} x {manifest.Size} pixels, seed {manifest.Seed}{(manifest.WasThere ? ", there already" : "")}");
            return ExitCode.Done;
        });
        return command;
    }

    // Two columns and three rows are 2x3; whether so many can be made, ToyOptions says.
    private static (int Columns, int Rows) ParseGrid(string text)
    {
        var match = Grid().Match(text);
        if (!match.Success)
            throw new FlairException($"--tiles must be columns x rows, such as 2x2, not '{text}'");
        return (int.Parse(match.Groups["columns"].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups["rows"].Value, CultureInfo.InvariantCulture));
    }
}
