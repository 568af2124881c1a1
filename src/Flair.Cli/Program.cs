using Flair.Cli;

NativeHeap.LimitArenas();
return await FlairCommandLine.RunAsync(args, Console.Out, Console.Error);
