using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace FollowUps.Wording;

// Where the value of an attribute stands.
internal readonly record struct HtmlAttribute(string Name, int Start, int End, bool IsQuoted);

// A tag; of script and style the content belongs to it, as of a comment all of it (name: empty).
internal sealed record HtmlTag(string Name, bool IsEnd, int Start, int End, IReadOnlyList<HtmlAttribute> Attributes);

// HTML of e-mails, taken apart as a browser does it.
internal static partial class Html
{
    private static readonly string[] Links =
    [
        "action",
        "background",
        "cite",
        "data",
        "formaction",
        "href",
        "poster",
        "src",
        "xlink:href",
    ];

    private static readonly string[] Schemes = ["http", "https", "mailto", "tel", "sms", "cid"];
    private static readonly string[] Raw = ["script", "style"];

    private static readonly string[] Lines =
    [
        "address",
        "article",
        "blockquote",
        "body",
        "div",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ];

    public static List<HtmlTag> Tags(string html)
    {
        var tags = new List<HtmlTag>();
        for (var at = 0; (at = html.IndexOf('<', at)) >= 0 && at + 1 < html.Length; )
        {
            var isEnd = html[at + 1] == '/';
            var name = at + (isEnd ? 2 : 1);
            if (name < html.Length && char.IsAsciiLetter(html[name]))
            {
                var tag = Tag(html, at, name, isEnd);
                tags.Add(tag);
                at = tag.End;
            }
            else if (html[at + 1] is '!' or '?' or '/')
            {
                var isComment = html.AsSpan(at).StartsWith("<!--");
                var close = isComment ? "-->" : ">";
                var end = html.IndexOf(close, at + (isComment ? 2 : 1), StringComparison.Ordinal);
                end = end < 0 ? html.Length : end + close.Length;
                tags.Add(new HtmlTag("", false, at, end, []));
                at = end;
            }
            else
            {
                at++;
            }
        }

        return tags;
    }

    // Links lead where a mail program may go; `javascript:` and `data:` run what a customer wrote.
    public static string WithHarmlessLinks(string html)
    {
        var text = new StringBuilder();
        var kept = 0;
        foreach (var attribute in Tags(html).SelectMany(tag => tag.Attributes))
        {
            if (
                Links.Contains(attribute.Name, StringComparer.Ordinal)
                && Scheme(html[attribute.Start..attribute.End]) is { } scheme
                && !Schemes.Contains(scheme, StringComparer.OrdinalIgnoreCase)
            )
            {
                text.Append(html, kept, attribute.Start - kept).Append('#');
                kept = attribute.End;
            }
        }

        return kept == 0 ? html : text.Append(html, kept, html.Length - kept).ToString();
    }

    // The same for who reads no HTML: a line for each block, a dash for each item of a list, the address behind a link's words.
    public static string ToText(string html)
    {
        var text = new StringBuilder();
        var at = 0;
        string? link = null;
        var linkAt = 0;
        foreach (var tag in Tags(html))
        {
            Append(text, html[at..tag.Start]);
            at = tag.End;
            if (tag is { Name: "a", IsEnd: false })
            {
                var href = tag.Attributes.FirstOrDefault(a => a.Name == "href");
                link = href.Name is null ? null : WebUtility.HtmlDecode(html[href.Start..href.End]).Trim();
                linkAt = text.Length;
            }
            else if (tag.Name == "a" && link is { Length: > 0 } address)
            {
                var words = text.ToString(linkAt, text.Length - linkAt).Trim();
                text.Append(
                    words == address || address == "#" ? ""
                    : words.Length == 0 ? address
                    : $" ({address})"
                );
                link = null;
            }
            else if (tag.Name == "br" || Lines.Contains(tag.Name, StringComparer.Ordinal))
            {
                Break(text, tag.Name == "br");
                text.Append(tag is { Name: "p", IsEnd: true } ? "\n" : "");
                text.Append(tag is { Name: "li", IsEnd: false } ? "- " : "");
            }
        }

        Append(text, html[at..]);
        return Empty.Replace(text.ToString(), "\n\n").Trim();
    }

    private static void Append(StringBuilder text, string source)
    {
        var words = Space.Replace(WebUtility.HtmlDecode(source), " ");
        text.Append(text.Length == 0 || text[^1] is '\n' or ' ' ? words.TrimStart(' ') : words);
    }

    // Once where a block begins or ends; once more where it is asked for.
    private static void Break(StringBuilder text, bool always)
    {
        while (text.Length > 0 && text[^1] == ' ')
        {
            text.Length--;
        }

        if (text.Length > 0 && (always || text[^1] != '\n'))
        {
            text.Append('\n');
        }
    }

    private static HtmlTag Tag(string html, int start, int from, bool isEnd)
    {
        var at = from;
        while (at < html.Length && !IsSpace(html[at]) && html[at] is not ('/' or '>'))
        {
            at++;
        }

        var name = html[from..at].ToLowerInvariant();
        var attributes = new List<HtmlAttribute>();
        while (at < html.Length && html[at] != '>')
        {
            if (IsSpace(html[at]) || html[at] == '/')
            {
                at++;
                continue;
            }

            at = Attribute(html, at, attributes);
        }

        at = Math.Min(at + 1, html.Length);
        if (!isEnd && Raw.Contains(name, StringComparer.Ordinal))
        {
            var end = html.IndexOf($"</{name}", at, StringComparison.OrdinalIgnoreCase);
            at = end < 0 ? html.Length : end;
        }

        return new HtmlTag(name, isEnd, start, at, attributes);
    }

    private static int Attribute(string html, int from, List<HtmlAttribute> attributes)
    {
        // An equals sign in front belongs to the name.
        var at = from + 1;
        while (at < html.Length && !IsSpace(html[at]) && html[at] is not ('/' or '>' or '='))
        {
            at++;
        }

        var name = html[from..at].ToLowerInvariant();
        var equals = at;
        while (equals < html.Length && IsSpace(html[equals]))
        {
            equals++;
        }

        if (equals >= html.Length || html[equals] != '=')
        {
            return at;
        }

        var start = equals + 1;
        while (start < html.Length && IsSpace(html[start]))
        {
            start++;
        }

        if (start < html.Length && html[start] is '"' or '\'')
        {
            var close = html.IndexOf(html[start], start + 1);
            close = close < 0 ? html.Length : close;
            attributes.Add(new HtmlAttribute(name, start + 1, close, true));
            return Math.Min(close + 1, html.Length);
        }

        var end = start;
        while (end < html.Length && !IsSpace(html[end]) && html[end] != '>')
        {
            end++;
        }

        attributes.Add(new HtmlAttribute(name, start, end, false));
        return end;
    }

    // Null: it leads on from where it stands. Browsers skip control characters, also in the midst of it.
    private static string? Scheme(string value)
    {
        var address = string.Concat(WebUtility.HtmlDecode(value).Where(c => c > ' '));
        var end = address.AsSpan().IndexOfAny(":/?#");
        return end >= 0 && address[end] == ':' ? address[..end] : null;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f';

    [GeneratedRegex("[ \t\n\r\f]+")]
    private static partial Regex Space { get; }

    [GeneratedRegex(" *\n(?: *\n)+ *")]
    private static partial Regex Empty { get; }
}
