using Flair.Gdal;

namespace Flair.Cli.Tests;

public sealed class ErrorReportTests
{
    public static TheoryData<Exception, int, string> Errors { get; } = new()
    {
        { new FlairException("no such thing"), 2, "error: no such thing\n" },
        { new FlairException("tiles failed") { ExitCode = 1 }, 1, "error: tiles failed\n" },
        { new FlairException("one\ntwo"), 2, "error: one\nerror: two\n" },
        { new AggregateException(new IOException("disk"), new AggregateException(new FlairException("the cause"))), 2, "error: the cause\n" },
        { new IOException("No space left on device"), 2, "error: No space left on device\n" },
        { new GdalException("not a raster"), 2, "error: not a raster\n" },
        { new TypeInitializationException("x", new DllNotFoundException("run scripts/install")), 2, "error: run scripts/install\n" },
        { new OperationCanceledException(), 130, "stopped; run the same command again to go on\n" },
        { new InvalidOperationException("a\nb"), 70, "error: internal error: InvalidOperationException: a b (set FLAIR_DEBUG=1 for the stack)\n" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void AnExceptionBecomesALineAndACode(Exception exception, int code, string text)
    {
        using var error = new StringWriter { NewLine = "\n" };
        var context = new CommandContext([], TextWriter.Null, error, default);

        Assert.Equal(code, ErrorReport.Write(exception, context, json: false));
        Assert.Equal(text, error.ToString());
    }

    [Fact]
    public void TheCommandIsQuotedForTheShell() =>
        Assert.Equal("flair detect --input '/a b/*.tif' --set 'bands=[1]' 'it'\\''s'", new CommandContext(["detect", "--input", "/a b/*.tif", "--set", "bands=[1]", "it's"], TextWriter.Null, TextWriter.Null, default).CommandText());
}
