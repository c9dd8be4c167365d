namespace Host.Postgres;

/// <summary>The embedded server cannot run. The message says what happened and what to do, and is all that a user needs to see.</summary>
internal sealed class EmbeddedPostgresException(string message) : Exception(message);
