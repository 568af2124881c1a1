using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace Flair.Cli;

/// <summary>The usual help, followed by a command's own notes and examples, which would bloat the list of commands as descriptions.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly ConditionalWeakTable<Command, string> Notes = [];

    /// <summary>Gives a command its notes.</summary>
    public static void Add(Command command, string notes) => Notes.Add(command, notes);

    /// <summary>Lets the root's help option, which is every command's, show the notes.</summary>
    public static void Install(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var code = usual.Invoke(parseResult);
        if (Notes.TryGetValue(parseResult.CommandResult.Command, out var notes))
            parseResult.InvocationConfiguration.Output.WriteLine(notes);
        return code;
    }
}
