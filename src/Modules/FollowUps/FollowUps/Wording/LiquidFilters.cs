using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Fluid;
using Fluid.Values;

namespace FollowUps.Wording;

// The filters that word a message. Those of the library that hash, encode or trust markup are left out, as is what doubles lists; what makes
// texts longer is counted before it does.
internal static partial class LiquidFilters
{
    public static readonly FrozenSet<string> Names = FrozenSet.Create(
        StringComparer.Ordinal,
        "abs",
        "append",
        "at_least",
        "at_most",
        "capitalize",
        "ceil",
        "compact",
        "date",
        "default",
        "divided_by",
        "downcase",
        "first",
        "floor",
        "join",
        "last",
        "lstrip",
        "map",
        "minus",
        "modulo",
        "plus",
        "prepend",
        "remove",
        "remove_first",
        "remove_last",
        "replace",
        "replace_first",
        "replace_last",
        "reverse",
        "round",
        "rstrip",
        "size",
        "slice",
        "sort",
        "sort_natural",
        "split",
        "strip",
        "strip_newlines",
        "times",
        "truncate",
        "truncatewords",
        "uniq",
        "upcase",
        "url_encode"
    );

    public static void Restrict(FilterCollection filters)
    {
        var all = filters.ToList();
        filters.Clear();
        foreach (var (name, filter) in all)
        {
            if (Names.Contains(name))
            {
                filters.AddFilter(name, Counted(name, filter));
            }
        }
    }

    private static FilterDelegate Counted(string name, FilterDelegate filter) =>
        async (input, arguments, context) =>
        {
            var rendering = (Rendering)context;
            rendering.Spend(Size(input));
            CheckGrowth(name, input, arguments);
            var result = await filter(input, arguments, context);
            rendering.Spend(Size(result));
            return result;
        };

    public static int Size(FluidValue value) =>
        value switch
        {
            ArrayValue list => list.Values.Count,
            StringValue text => text.ToStringValue().Length,
            _ => 0,
        };

    private static void CheckGrowth(string name, FluidValue input, FilterArguments arguments)
    {
        var grown = name switch
        {
            "replace" => (input.ToStringValue().Length / Math.Max(1, arguments.At(0).ToStringValue().Length) + 1L)
                * arguments.At(1).ToStringValue().Length,
            "join" => (long)Size(input) * arguments.At(0).ToStringValue().Length,
            _ => 0,
        };
        if (grown > Rendering.MaxLength)
        {
            throw Rendering.TooLong();
        }

        if (name == "date" && Padded.IsMatch(arguments.At(0).ToStringValue()))
        {
            throw new RenderingException("It pads a date.");
        }
    }

    // The library pads to any width that a format asks for.
    [GeneratedRegex(@"%[^a-zA-Z%]*\d{2}")]
    private static partial Regex Padded { get; }
}
