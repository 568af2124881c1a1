using Flair.Cli;
using Flair.Cli.Supervision;

if (Supervisor.Wants(args))
    return Supervisor.Run(args);
if (!Processes.TryAttach())
    return ExitCode.Stopped;
NativeHeap.LimitArenas();
return await FlairCommandLine.RunAsync(args, Console.Out, Console.Error);
