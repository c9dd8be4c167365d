using CsCheck;
using Fluid.Values;
using FollowUps.Wording;

namespace FollowUps.Tests.Wording;

public sealed class TemplateRendererTests
{
    private static Rendered Render(
        string body,
        string? channel = null,
        params (string Name, FluidValue Value)[] values
    ) =>
        TemplateRenderer.Render(
            new TemplateText("custom", "{{ subject }}", body, channel: channel),
            values.Select(value => KeyValuePair.Create(value.Name, value.Value)),
            null
        );

    private static (string, FluidValue) X(string text) => ("x", new StringValue(text));

    // Whatever a value goes through.
    [Theory]
    [InlineData("{{ x }}")]
    [InlineData("{{ x | append: x }}")]
    [InlineData("{{ x | split: '' | reverse }}")]
    [InlineData("{{ x | split: 'b' | join: x }}")]
    [InlineData("{{ x | replace: 'b', x }}")]
    [InlineData("{% assign y = x | upcase %}{{ y }}")]
    [InlineData("{% for y in list %}{{ y }}{% endfor %}{{ list }}")]
    [InlineData("{{ nothing | default: x }}")]
    public void A_value_brings_no_markup_into_e_mail(string body)
    {
        var rendered = Render(body, "email", X("<b>\"'&"), ("list", new ArrayValue([new StringValue("<i>")])));

        Assert.NotNull(rendered.Body);
        Assert.Equal(-1, rendered.Body.AsSpan().IndexOfAny("<>\"'"));
    }

    [Theory]
    [InlineData("{{ x | replace: 'a', x }}", "It grows longer than 100000 characters.")]
    [InlineData("{{ x | split: '' | join: x }}", "It grows longer than 100000 characters.")]
    [InlineData("{% for i in list %}{{ x }}{% endfor %}", "It grows longer than 100000 characters.")]
    [InlineData(
        "{% for i in list %}{% assign y = x | upcase %}{% endfor %}",
        "It handles more than 5000000 characters."
    )]
    [InlineData("{% for i in list %}{% for j in list %}{% endfor %}{% endfor %}", "It takes more than 10000 steps.")]
    [InlineData("{{ day | date: '%1000000000Y' }}", "It pads a date.")]
    [InlineData("{% if nothing %}a{% endif %}", "It comes out empty.")]
    [InlineData("{{ 1 | divided_by: 0 }}", "Its values do not fit it (DivideByZeroException).")]
    public void What_goes_beyond_the_limits_ends_with_the_reason(string body, string reason)
    {
        var list = new ArrayValue([.. Enumerable.Range(0, 1000).Select(i => NumberValue.Create(i))]);

        var rendered = Render(
            body,
            null,
            X(new string('a', 10_000)),
            ("list", list),
            ("day", new StringValue("2031-11-05"))
        );

        Assert.Null(rendered.Body);
        Assert.Equal($"The template custom cannot be rendered. {reason}", rendered.Error);
    }

    [Fact]
    public void Conditions_in_a_loop_are_counted()
    {
        var conditions = string.Concat(Enumerable.Repeat("{% if x contains 'b' %}{% endif %}", 60));
        var list = new ArrayValue([.. Enumerable.Range(0, 1000).Select(i => NumberValue.Create(i))]);

        var rendered = Render($"{{% for i in list %}}{conditions}{{% endfor %}}z", null, X("a"), ("list", list));

        Assert.EndsWith("It handles more than 5000000 characters.", rendered.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% if x contains 'b' or x contains 'c' or x contains 'd' or x contains 'e' %}{% endif %}")]
    [InlineData("{% if x == y or x != x %}{% endif %}")]
    [InlineData("{% case x %}{% when y %}{% endcase %}")]
    public void A_condition_costs_what_it_compares(string condition)
    {
        var list = new ArrayValue([.. Enumerable.Range(0, 600).Select(i => NumberValue.Create(i))]);
        var values = new[]
        {
            X(new string('a', 10_000)),
            ("y", new StringValue(new string('a', 10_000))),
            ("list", list),
        };

        var rendered = Render($"{{% for i in list %}}{condition}{{% endfor %}}z", null, values);

        Assert.EndsWith("It handles more than 5000000 characters.", rendered.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_subject_is_one_line_of_bounded_length()
    {
        var rendered = Render("a", null, ("subject", new StringValue($"Hi\r\nBcc: b\u2028\tc {new string('x', 500)}")));

        Assert.StartsWith("Hi Bcc: b c xxx", rendered.Subject, StringComparison.Ordinal);
        Assert.Equal(200, rendered.Subject!.Length);
    }

    [Fact]
    public void A_character_that_a_filter_cut_in_two_is_replaced() =>
        Assert.Equal("a\uFFFD", Render("{{ x | slice: 0, 2 }}", null, X("a😀")).Body);

    // No text whatever may end in anything but a parsed template or a place and a reason.
    [Fact]
    public void Any_text_is_parsed_or_refused_with_its_place()
    {
        string[] words =
        [
            "{{",
            "}}",
            "{%",
            "%}",
            "{%-",
            "-%}",
            " if ",
            " endif ",
            " for ",
            " in ",
            " endfor ",
            " comment ",
            " endcomment ",
            " case ",
            " when ",
            " else ",
            " assign ",
            " = ",
            " x ",
            "'",
            "\"",
            "|",
            " upcase ",
            "[",
            "]",
            ".",
            ":",
            ",",
            "(",
            "..",
            ")",
            "#",
            "\\",
            "1",
            "\n",
            " text ",
        ];
        Gen.Int[0, words.Length - 1]
            .Array[0, 60]
            .Sample(
                chosen =>
                {
                    var source = string.Concat(chosen.Select(word => words[word]));
                    try
                    {
                        Liquid.Parse(source);
                    }
                    catch (LiquidException problem)
                    {
                        Assert.InRange(problem.Offset, 0, source.Length);
                        Assert.NotEmpty(problem.Message);
                    }
                },
                iter: 5_000
            );
    }
}
