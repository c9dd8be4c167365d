namespace FollowUps.Wording;

// What stands between {{ and }} or {% and %}.
internal readonly record struct MarkupPart(int Start, string Text, string? Tag);

// A strict first look at Liquid: every opening has its closing before the next opening, strings hold neither, blocks nest in order and not
// deeply. The parser and the renderer recurse: without this look, a text of a few kilobytes overflows the stack and ends the process.
internal static class Markup
{
    private const int MaxLength = 1000;
    private const int MaxDepth = 20;
    private const int MaxBrackets = 10;
    private static readonly string[] Delimiters = ["{{", "{%", "}}", "%}"];
    private static readonly string[] Blocks = ["if", "unless", "case", "for", "comment"];
    private static readonly string[] Others = ["assign", "break", "continue", "else", "elsif", "when", "#"];

    public static List<MarkupPart> Scan(string source)
    {
        var parts = new List<MarkupPart>();
        var open = new Stack<MarkupPart>();
        for (var at = 0; (at = NextOpening(source, at)) >= 0; )
        {
            var close = source[at + 1] == '{' ? "}}" : "%}";
            var end = Delimiters
                .Select(delimiter => source.IndexOf(delimiter, at + 2, StringComparison.Ordinal))
                .Where(found => found >= 0)
                .DefaultIfEmpty(-1)
                .Min();
            if (end < 0 || string.CompareOrdinal(source, end, close, 0, 2) != 0)
            {
                throw new LiquidException(at, $"'{close}' is needed before the next opening or the end.");
            }

            var part = Part(source, at, end);
            at = end + 2;
            if (open.TryPeek(out var outer) && outer.Tag == "comment" && part.Tag != "endcomment")
            {
                continue;
            }

            Check(part, open);
            parts.Add(part);
        }

        return open.TryPeek(out var unclosed)
            ? throw new LiquidException(unclosed.Start, $"'{{% end{unclosed.Tag} %}}' is missing.")
            : parts;
    }

    // Where a name first stands, as a variable or after a bar as a filter.
    public static int Find(IEnumerable<MarkupPart> parts, string name, bool isFilter)
    {
        foreach (var part in parts.Where(part => part.Tag != "#"))
        {
            var quote = '\0';
            var before = '\0';
            for (var at = 0; at < part.Text.Length; at++)
            {
                var c = part.Text[at];
                if (quote != '\0')
                {
                    quote = c == quote ? '\0' : quote;
                }
                else if (c is '\'' or '"')
                {
                    quote = c;
                }
                else if (IsName(c))
                {
                    var end = at;
                    while (end < part.Text.Length && IsName(part.Text[end]))
                    {
                        end++;
                    }

                    var isNamed = part.Text[at..end] == name && (isFilter ? before == '|' : before is not ('|' or '.'));
                    if (isNamed)
                    {
                        return part.Start + at;
                    }

                    at = end - 1;
                }

                before = char.IsWhiteSpace(c) ? before : c;
            }
        }

        return 0;
    }

    private static int NextOpening(string source, int from)
    {
        for (var at = source.IndexOf('{', from); at >= 0 && at + 1 < source.Length; at = source.IndexOf('{', at + 1))
        {
            if (source[at + 1] is '{' or '%')
            {
                return at;
            }
        }

        return -1;
    }

    private static MarkupPart Part(string source, int opening, int closing)
    {
        var text = source[(opening + 2)..closing];
        if (source[opening + 1] == '{')
        {
            return new MarkupPart(opening + 2, text, null);
        }

        var from = text.Length - text.TrimStart('-').TrimStart().Length;
        var to = from;
        while (to < text.Length && (IsName(text[to]) || text[to] == '#'))
        {
            to++;
        }

        var name =
            text.StartsWith('#') || (from < text.Length && text[from] == '#') ? "#" : text[from..to].TrimEnd('-');
        return new MarkupPart(opening + 2 + from, text[from..], name);
    }

    private static void Check(MarkupPart part, Stack<MarkupPart> open)
    {
        if (part.Text.Length > MaxLength)
        {
            throw new LiquidException(part.Start, $"At most {MaxLength} characters may stand between two braces.");
        }

        if (part.Text.Count(c => c == '[') > MaxBrackets)
        {
            throw new LiquidException(part.Start, $"At most {MaxBrackets} brackets may stand between two braces.");
        }

        // The parser reads on past a closing that stands in quotes.
        if (part.Tag != "#" && (part.Text.Contains('\\') || !QuotesAreClosed(part.Text)))
        {
            throw new LiquidException(
                part.Start,
                "Between two braces, quotes are closed and hold neither braces nor backslashes."
            );
        }

        if (part.Tag is not { } tag)
        {
            return;
        }

        if (Blocks.Contains(tag, StringComparer.Ordinal))
        {
            open.Push(part);
            if (open.Count > MaxDepth)
            {
                throw new LiquidException(part.Start, $"Blocks may be nested {MaxDepth} deep.");
            }
        }
        else if (tag.StartsWith("end", StringComparison.Ordinal) && Blocks.Contains(tag[3..], StringComparer.Ordinal))
        {
            if (!open.TryPop(out var block) || block.Tag != tag[3..])
            {
                throw new LiquidException(part.Start, $"'{tag}' ends no block that is open here.");
            }
        }
        else if (!Others.Contains(tag, StringComparer.Ordinal))
        {
            throw new LiquidException(part.Start, tag.Length == 0 ? "A tag is needed." : $"There is no tag '{tag}'.");
        }
    }

    private static bool QuotesAreClosed(string text)
    {
        var quote = '\0';
        foreach (var c in text)
        {
            quote =
                quote == c ? '\0'
                : quote == '\0' && c is '\'' or '"' ? c
                : quote;
        }

        return quote == '\0';
    }

    private static bool IsName(char c) => char.IsLetterOrDigit(c) || c is '_' or '-';
}

// At an offset into the source.
internal sealed class LiquidException(int offset, string message) : Exception(message)
{
    public int Offset => offset;
}
