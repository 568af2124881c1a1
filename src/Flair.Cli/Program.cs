using Flair.Cli;

NativeHeap.LimitArenas();
var code = await FlairCommandLine.RunAsync(args, Console.Out, Console.Error);
if (code == ExitCode.Stalled)
    StuckProcess.End(code);
return code;
