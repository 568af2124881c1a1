using Flair.Cli;

return await FlairCommandLine.RunAsync(args, Console.Out, Console.Error);
