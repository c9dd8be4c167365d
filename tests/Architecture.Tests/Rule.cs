namespace Architecture.Tests;

// A rule answers who breaks it, and what would mend that. One that looks at nothing is broken itself.
internal static class Rule
{
    public static IReadOnlyCollection<T> Selected<T>(this IEnumerable<T> candidates, string what)
    {
        T[] selected = [.. candidates];
        Assert.True(selected.Length > 0, $"No {what} were found: the rule looks in the wrong place.");
        return selected;
    }

    public static void Holds(IEnumerable<string> violations) =>
        Assert.True(violations.ToArray() is { Length: 0 }, string.Join('\n', violations));

    // The planted violation is found, and said in these words.
    public static void Finds(string words, IEnumerable<string> violations) =>
        Assert.Contains(violations, violation => violation.Contains(words, StringComparison.Ordinal));
}
