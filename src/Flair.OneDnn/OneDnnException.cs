namespace Flair.OneDnn;

/// <summary>oneDNN refused or failed; the message is its own.</summary>
public sealed class OneDnnException(string message) : Exception(message);
