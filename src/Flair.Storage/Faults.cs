using System.Globalization;
using System.Net.Sockets;
using System.Xml;
using Azure;
using Azure.Identity;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Flair.Storage;

/// <summary>A request that may be made again was refused.</summary>
/// <param name="answer">How.</param>
internal sealed class RefusedException(RequestFailedException answer) : Exception(answer.Message, answer);

/// <summary>What an exception of a request means.</summary>
internal static class Faults
{
    /// <summary>True when the same request may succeed a little later.</summary>
    public static bool IsTransient(Exception fault) => fault switch
    {
        RequestFailedException e => e.Status == 0 || IsTransient(e.Status),
        WebFaultException e => IsTransient(e.Status),
        StorageException e => e.Fault == StorageFault.Unavailable,
        AuthenticationFailedException e => e is not CredentialUnavailableException,
        AggregateException e => e.InnerExceptions.All(IsTransient),
        _ => fault is HttpRequestException or IOException or BrokenBodyException or StalledException or TimeoutRejectedException
            or RefusedException or BrokenCircuitException or SocketException or OperationCanceledException or XmlException,
    };

    /// <summary>What the storage asked to wait; null where it did not.</summary>
    public static TimeSpan? RetryAfter(Exception? fault, TimeProvider time) => fault switch
    {
        BrokenCircuitException e => e.RetryAfter,
        WebFaultException e => e.RetryAfter,
        RefusedException e => RetryAfter(e.InnerException, time),
        RequestFailedException e when e.GetRawResponse() is { } response && response.Headers.TryGetValue("Retry-After", out var text) => ParseRetryAfter(text, time),
        _ => null,
    };

    /// <summary>Seconds or a date, as RFC 9110 has it.</summary>
    public static TimeSpan? ParseRetryAfter(string? text, TimeProvider time)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds))
            return TimeSpan.FromSeconds(seconds);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) && date - time.GetUtcNow() is { Ticks: > 0 } wait
            ? wait
            : null;
    }

    /// <summary>The failure as it is told: one line with the place, what was said, and how often it was tried.</summary>
    public static StorageException Describe(ObjectPath what, Exception fault, int attempts)
    {
        if (fault is StorageException told)
            return told;
        if (fault is AggregateException { InnerExceptions.Count: > 0 } several)
            fault = several.InnerExceptions[^1];
        var said = fault switch
        {
            RefusedException { InnerException: { } inner } => Said(inner),
            RequestFailedException { Status: > 0 } e => Said(e),
            RequestFailedException { InnerException: { } inner } => OneLine(inner.Message),
            AuthenticationFailedException => "no credentials of Azure could be had (managed identity, environment, az login)",
            TimeoutRejectedException e => $"no answer within {e.Timeout.TotalSeconds:0.#} s",
            BrokenCircuitException e => "the storage fails at every request" + (e.InnerException is { } inner ? $" ({Said(inner)})" : ""),
            OperationCanceledException => "no answer in time",
            XmlException => "its answer cannot be read",
            _ => OneLine(fault.Message),
        };
        var kind = Kind(fault);
        var tried = attempts > 1 ? $" ({attempts} attempts)" : "";
        return new StorageException(kind, $"{what}: {said}{tried}{Advice(kind, what)}", fault);
    }

    /// <summary>The status of an answer; 0 where there was none.</summary>
    public static int Status(Exception fault) => fault switch { RequestFailedException e => e.Status, WebFaultException e => e.Status, _ => 0 };

    private static string Said(Exception fault) => fault is RequestFailedException { Status: > 0 } e ? $"HTTP {e.Status} {e.ErrorCode}".TrimEnd() : OneLine(fault.Message);

    private static bool IsTransient(int status) => status is 408 or 429 or 500 or 502 or 503 or 504;

    private static StorageFault Kind(Exception fault) => Status(fault) switch
    {
        404 or 410 => StorageFault.NotFound,
        401 or 403 => StorageFault.Denied,
        412 => StorageFault.Changed,
        507 => StorageFault.Full,
        0 => fault is AuthenticationFailedException ? StorageFault.Denied : IsTransient(fault) ? StorageFault.Unavailable : StorageFault.Invalid,
        var status => IsTransient(status) ? StorageFault.Unavailable : StorageFault.Invalid,
    };

    private static string Advice(StorageFault kind, ObjectPath what) => kind switch
    {
        StorageFault.NotFound => ": there is no such object or container",
        StorageFault.Changed => ": it changed since it was opened",
        StorageFault.Denied when what.Kind == PlaceKind.Azure => ": check the credentials (AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with _KEY, _SAS_TOKEN or a managed identity) and their rights",
        StorageFault.Denied => ": check the address's signature or the rights",
        _ => "",
    };

    /// <summary>The first line; queries of addresses in it are cut off.</summary>
    private static string OneLine(string text)
    {
        var line = text.Split('\n', '\r')[0].TrimEnd('.', ' ');
        var query = line.IndexOf('?', StringComparison.Ordinal);
        return query < 0 || !line[..query].Contains("://", StringComparison.Ordinal) ? line : line[..query] + "?…";
    }
}
