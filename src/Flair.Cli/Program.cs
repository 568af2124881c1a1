using Flair.Cli;
using Flair.Cli.Supervision;
using Flair.Running;

if (Supervisor.Wants(args))
    return Supervisor.Run(args);
if (!Processes.TryAttach())
    return ExitCode.Stopped;
NativeHeap.Limit();
var code = await FlairCommandLine.RunAsync(args, Console.Out, Console.Error);
ProcessEnd.Now(code);
return code;
