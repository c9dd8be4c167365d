namespace Host.Api;

internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);
