namespace Host.Api;

/// <summary>A page of a list.</summary>
/// <param name="Items">What the page holds.</param>
/// <param name="NextCursor">Pass it as <c>cursor</c> for the next page; null on the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);
