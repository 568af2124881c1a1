using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Flair.Settings;

/// <summary>
/// Reads YAML into <see cref="SettingsNode"/>s that know their line and column. It works on the parser's events, not on YamlDotNet's
/// objects, because these stop at the first duplicate key and turn values into types without saying where they stood.
/// </summary>
internal static class YamlTree
{
    private const int DeepestNesting = 32;

    /// <summary>Values, those counted again that aliases repeat: a country's rasters, listed one by one, are some ten thousand.</summary>
    private const int MostValues = 200_000;

    /// <summary>Reads one document.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="name">The file's name in messages.</param>
    /// <param name="directory">What its relative paths are relative to.</param>
    /// <param name="errors">Takes a line for each duplicate key.</param>
    /// <exception cref="FlairException">It is not YAML, or not one mapping.</exception>
    public static MapNode ParseFile(string text, string name, string directory, List<string> errors)
    {
        var node = ParseDocument(text, name, directory, errors);
        return node switch
        {
            MapNode map => map,
            ScalarNode { IsNull: true } => new MapNode(new Origin($"{name}:1:1", directory)),
            _ => throw new FlairException(SettingsReport.Line(node.Origin, $"expected 'key: value' lines, found {node.Describe()}")),
        };
    }

    /// <summary>Reads one document, whatever its root is.</summary>
    /// <inheritdoc cref="ParseFile"/>
    public static SettingsNode ParseDocument(string text, string name, string directory, List<string> errors) =>
        Parse(text, mark => new Origin($"{name}:{mark.Line}:{mark.Column}", directory), errors);

    /// <summary>Reads a value given on the command line, as YAML: <c>4</c>, <c>[1, 2, 3]</c>, <c>{ size: 512 }</c>.</summary>
    public static SettingsNode ParseValue(string text, Origin origin, List<string> errors) => Parse(text, _ => origin, errors);

    /// <summary>A text of one line as a YAML value, which <see cref="ParseValue"/> reads back whatever it looks like.</summary>
    public static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static SettingsNode Parse(string text, Func<Mark, Origin> originOf, List<string> errors)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            var reading = new Reading(parser, originOf, errors);
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out var end))
                return new ScalarNode(originOf(end.Start), "", plain: true);
            parser.Consume<DocumentStart>();
            var node = reading.Node(depth: 0);
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second))
                throw new FlairException($"{originOf(second.Start).Place}: a second document begins here; a settings file holds one");
            return node;
        }
        catch (YamlException e)
        {
            throw new FlairException(SettingsReport.Line(originOf(e.Start), $"this is not YAML: {Detail(e)}"), e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet's scanner trips over some malformed scalars; all it tells is what it read last.
            throw new FlairException($"{originOf(parser.Current?.End ?? Mark.Empty).Place}: this is not YAML from here on", e);
        }
    }

    /// <summary>One document on its way from events to nodes.</summary>
    private sealed class Reading(Parser parser, Func<Mark, Origin> originOf, List<string> errors)
    {
        private readonly Dictionary<AnchorName, (SettingsNode Node, int Values)> _anchors = [];
        private int _values;

        public SettingsNode Node(int depth)
        {
            var start = parser.Current!.Start;
            if (depth > DeepestNesting)
                throw new FlairException($"{originOf(start).Place}: nested more than {DeepestNesting} deep");

            var before = _values;
            Count(1, start);
            SettingsNode node;
            AnchorName anchor;
            if (parser.TryConsume<Scalar>(out var scalar))
            {
                node = new ScalarNode(originOf(start), scalar.Value, scalar.Style is ScalarStyle.Plain or ScalarStyle.Any);
                anchor = scalar.Anchor;
            }
            else if (parser.TryConsume<SequenceStart>(out var sequence))
            {
                var list = new ListNode(originOf(start));
                while (!parser.TryConsume<SequenceEnd>(out _))
                    list.Items.Add(Node(depth + 1));
                node = list;
                anchor = sequence.Anchor;
            }
            else if (parser.TryConsume<MappingStart>(out var mapping))
            {
                node = Map(depth, new MapNode(originOf(start)));
                anchor = mapping.Anchor;
            }
            else
            {
                var alias = parser.Consume<AnchorAlias>();
                if (!_anchors.TryGetValue(alias.Value, out var target))
                    throw new FlairException(SettingsReport.Line(originOf(start), $"no anchor '&{alias.Value}' stands before this"));
                Count(target.Values, start);
                return target.Node;
            }

            if (!anchor.IsEmpty)
                _anchors[anchor] = (node, _values - before);
            return node;
        }

        private MapNode Map(int depth, MapNode map)
        {
            // Not among the entries: a look-up there walks through all of them.
            var places = new Dictionary<string, Origin>(StringComparer.Ordinal);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var keyStart = originOf(parser.Current!.Start);
                if (!parser.TryConsume<Scalar>(out var key))
                    throw new FlairException($"{keyStart.Place}: a key must be a word");
                var value = Node(depth + 1);
                if (places.TryAdd(key.Value, keyStart))
                    map.Entries.Add(new MapEntry(key.Value, keyStart, value));
                else
                    errors.Add(SettingsReport.Line(keyStart, $"the key '{key.Value}' is given twice (first at {places[key.Value].Place})"));
            }

            return map;
        }

        // Aliases of aliases could make a list of billions of a few lines.
        private void Count(int values, Mark at)
        {
            if ((_values += values) > MostValues)
                throw new FlairException($"{originOf(at).Place}: more than {MostValues} values, those counted that aliases repeat; no settings file has as many");
        }
    }

    // YamlDotNet prefixes some messages with its own positions and speaks of its internals; the first sentence is enough.
    private static string Detail(YamlException e)
    {
        var message = (e.InnerException as YamlException ?? e).Message;
        var colon = message.LastIndexOf("): ", StringComparison.Ordinal);
        return (colon >= 0 ? message[(colon + 3)..] : message).Split('\n')[0].Trim();
    }
}
