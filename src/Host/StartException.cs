namespace Host;

/// <summary>The Host cannot start. The message says why and what to do.</summary>
internal sealed class StartException(string message) : Exception(message);
