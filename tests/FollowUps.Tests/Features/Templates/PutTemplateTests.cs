using FluentValidation;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Templates;

public sealed class PutTemplateTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<TemplateWrite> Put(PutTemplate template) => (await host.Modules.Send(template, Token))!;

    private async Task<FollowUp> Scheduled(NewFollowUp item) =>
        (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0].FollowUp!;

    private Task<FollowUp> Ended(FollowUp followUp, Func<FollowUp, bool> end) =>
        Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(followUp.Id), Token) is { } read && end(read) ? read : null
        );

    private static NewFollowUp Due(string user, string templateId, string? variables = null) =>
        new()
        {
            Trigger = FollowUpTrigger.Custom,
            UserId = user,
            ScheduledAt = DateTimeOffset.UtcNow,
            Message = "Your menu is ready.",
            TemplateId = templateId,
            Variables = variables is null ? null : System.Text.Json.JsonDocument.Parse(variables).RootElement,
        };

    [Fact]
    public async Task What_is_claimed_afterwards_is_worded_with_it_and_says_so()
    {
        await Put(
            new PutTemplate
            {
                Id = "emotion_check_in",
                Subject = "About {{ dish.name }}",
                Body = "{{ user_id }}, {{ dish.guests }} portions?",
                Variables = ["dish"],
            }
        );
        var first = await Scheduled(Due("anna", "emotion_check_in", """{"dish":{"name":"risotto","guests":40}}"""));
        var sent = await Ended(first, f => f.Status == FollowUpStatus.Executed);

        await Put(new PutTemplate { Id = "emotion_check_in", Body = "Now this." });
        var second = await Scheduled(Due("anna", "emotion_check_in"));
        var sentLater = await Ended(second, f => f.Status == FollowUpStatus.Executed);

        Assert.Equal("anna, 40 portions?", sent.MessageContent);
        Assert.Equal("Now this.", sentLater.MessageContent);
        Assert.Equal(
            [1, 2],
            new[] { sent, sentLater }.Select(f =>
                f.Decisions[^1].Inputs!.Value.GetProperty("templateVersion").GetInt32()
            )
        );
        var outbox = await host.Modules.Send(new ListOutbox("anna"), Token);
        Assert.Equal([null, "About risotto"], outbox.Items.Select(item => item.Subject));
    }

    [Fact]
    public async Task What_cannot_be_rendered_when_sent_fails_its_own_attempt_with_the_reason()
    {
        await Put(
            new PutTemplate
            {
                Id = "reengagement_general",
                Body = "{% for a in items %}{% for b in items %}{{ b }}{% endfor %}{% endfor %}",
                Variables = ["items"],
            }
        );
        var many = string.Join(',', Enumerable.Range(0, 300));
        var results = await host.Modules.Send(
            new ScheduleFollowUps([
                Due(Some.Id(), "reengagement_general", $$"""{"items":[{{many}}]}"""),
                Due(Some.Id(), "reengagement_general", """{"items":["ciao "]}"""),
            ]),
            Token
        );

        var failed = await Ended(results[0].FollowUp!, f => f.Attempts.Count > 0 && f.Attempts[0].Outcome is not null);
        var sent = await Ended(results[1].FollowUp!, f => f.Status == FollowUpStatus.Executed);

        Assert.Equal("ciao ", sent.MessageContent);
        Assert.Equal((FollowUpStatus.Pending, "failed"), (failed.Status, failed.Attempts[0].Outcome));
        Assert.Equal(
            "The template reengagement_general cannot be rendered. It takes more than 10000 steps.",
            failed.ErrorMessage
        );
    }

    [Fact]
    public async Task The_same_text_again_changes_nothing_and_another_one_counts_on()
    {
        var text = new PutTemplate
        {
            Id = "custom",
            Locale = "sv-se",
            Subject = "Hej",
            Body = "{{ custom_message }}",
        };

        var first = await Put(text);
        var again = await Put(text with { Locale = "sv-SE" });
        var other = await Put(text with { Subject = null });
        await host.Modules.Send(new DeleteTemplate("custom", "sv-SE"), Token);
        var anew = await Put(text);

        Assert.Equal(
            first,
            again,
            (a, b) => a.Template.Tag == b.Template.Tag && a.Template.UpdatedAt == b.Template.UpdatedAt
        );
        Assert.Equal([1, 1, 2, 3], new[] { first, again, other, anew }.Select(write => write.Template.Version));
        Assert.Equal("sv-SE", first.Template.Locale);
        Assert.Null(other.Template.Subject);
    }

    [Fact]
    public async Task Only_who_saw_the_text_in_force_may_replace_it()
    {
        var text = new PutTemplate
        {
            Id = "custom",
            Locale = "fi",
            Body = "Hei {{ user_id }}",
        };
        var seen = (await host.Modules.Send(new GetTemplate("custom", "fi"), Token))!.Tag;

        var first = await Put(text with { IfMatch = [seen] });
        var late = await Put(text with { Body = "Moi", IfMatch = [seen] });
        var informed = await Put(text with { Body = "Moi", IfMatch = ["other", first.Template.Tag] });

        Assert.Equal(TemplateWriteOutcome.Done, first.Outcome);
        Assert.Equal((TemplateWriteOutcome.NotMatched, text.Body), (late.Outcome, late.Template.Body));
        Assert.Equal((TemplateWriteOutcome.Done, "Moi"), (informed.Outcome, informed.Template.Body));
    }

    [Fact]
    public async Task Of_many_writers_who_saw_the_same_text_one_replaces_it()
    {
        var seen = (await host.Modules.Send(new GetTemplate("custom", "nb"), Token))!.Tag;

        var writes = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i =>
                    Put(
                        new PutTemplate
                        {
                            Id = "custom",
                            Locale = "nb",
                            Body = $"Hei {i}",
                            IfMatch = [seen],
                        }
                    )
                )
        );

        Assert.Single(writes, write => write.Outcome == TemplateWriteOutcome.Done);
        var last = await host.Modules.Send(new GetTemplate("custom", "nb"), Token);
        Assert.Equal(1, last!.Version);
    }

    [Theory]
    [InlineData("Hi\n  {{ custum_message }}", "Line 2, column 6: 'custum_message' is neither")]
    [InlineData("{{ 'user' | append: dish }}", "Line 1, column 21: 'dish' is neither")]
    [InlineData("{% for dish in menu %}{{ dish }}{% endfor %}", "Line 1, column 16: 'menu' is neither")]
    [InlineData("{{ event_date[index] }}", "Line 1, column 15: 'index' is neither")]
    [InlineData("{{ user_id", "Line 1, column 1: '}}' is needed")]
    [InlineData("\n{{ user_id | upcase | | }}", "Line 2, column")]
    [InlineData("{{ user_id | shout }}", "Line 1, column 14: There is no filter 'shout'")]
    [InlineData("{{ user_id | raw }}", "Line 1, column 14: There is no filter 'raw'")]
    [InlineData("{% include 'x' %}", "Line 1, column 4: There is no tag 'include'")]
    [InlineData("{% render 'x' %}", "Line 1, column 4: There is no tag 'render'")]
    [InlineData("{% if user_id %}\n", "Line 1, column 4: '{% endif %}' is missing")]
    [InlineData("{% if user_id %}{% endfor %}{% endif %}", "Line 1, column 20: 'endfor' ends no block")]
    [InlineData("{% for i in (1..1000000000) %}x{% endfor %}", "Line 1, column 4: Ranges are not available")]
    [InlineData("", "It must not be empty")]
    [InlineData("a\0b", "U+0000")]
    public async Task A_wrong_body_is_refused_where_it_is_wrong(string body, string reason)
    {
        var refused = await Assert.ThrowsAsync<ValidationException>(() =>
            Put(new PutTemplate { Id = "custom", Body = body })
        );

        var failure = Assert.Single(refused.Errors);
        Assert.Equal("body", failure.PropertyName);
        Assert.Contains(reason, failure.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_would_recurse_or_grow_without_end_is_refused()
    {
        string[] bodies =
        [
            string.Concat(Enumerable.Repeat("{% if user_id %}", 900)),
            string.Concat(Enumerable.Repeat("{% comment %}{% endif %}{% endcomment %}{% if user_id %}", 350)),
            $"{{{{ {string.Concat(Enumerable.Repeat("user_id[", 1500))}",
            $"{{{{ {string.Concat(Enumerable.Repeat("user_id[", 100))}1{new string(']', 100)} }}}}",
            $"{{{{ user_id{string.Concat(Enumerable.Repeat(" | append: '}}'", 1000))} }}}}",
            $"{{{{ user_id{string.Concat(Enumerable.Repeat(" | append: '\\'}}'", 1000))} }}}}",
            $"{{% assign a = user_id %}}{string.Concat(Enumerable.Repeat("{% assign a = a | append: a %}", 60))}{{{{ a }}}}",
            new string('x', 20_001),
        ];

        foreach (var body in bodies)
        {
            var refused = await Assert.ThrowsAsync<ValidationException>(() =>
                Put(new PutTemplate { Id = "custom", Body = body })
            );
            Assert.Equal("body", Assert.Single(refused.Errors).PropertyName);
        }
    }

    [Fact]
    public async Task Every_wrong_field_is_named()
    {
        var refused = await Assert.ThrowsAsync<ValidationException>(() =>
            Put(
                new PutTemplate
                {
                    Id = "custom",
                    Locale = "de_DE",
                    Channel = "E-Mail",
                    Subject = "{{ x",
                    Body = "{{ y }}",
                    Variables = ["good", "not good", null],
                }
            )
        );

        Assert.Equal(
            ["locale", "channel", "variables[1]", "variables[2]", "subject", "body"],
            refused.Errors.Select(failure => failure.PropertyName)
        );
    }

    [Theory]
    [InlineData("<a href={{ user_id }}>x</a>", "Line 1, column 11")]
    [InlineData("<p {{ user_id }}>x</p>", "Line 1, column 6")]
    [InlineData("<p onclick=\"{{ user_id }}\">x</p>", "Line 1, column 15")]
    [InlineData("<p style='{{ user_id }}'>x</p>", "Line 1, column 13")]
    [InlineData("<p>\n<script>{{ user_id }}</script>", "Line 2, column 11")]
    [InlineData(
        "<a href=\"{{ user_id }}\" {% if booking_id %}title=\"b\"{% endif %}>{{ user_id }}</a><!-- {{ user_id }} -->",
        null
    )]
    public async Task In_a_tag_of_an_email_a_value_stands_in_quotes(string body, string? place)
    {
        Task<TemplateWrite?> Put(string channel) =>
            host.Modules.Send(
                new PutTemplate
                {
                    Id = "custom",
                    Channel = channel,
                    Body = body,
                },
                TestContext.Current.CancellationToken
            );

        if (place is null)
        {
            Assert.Equal(TemplateWriteOutcome.Done, (await Put("email"))!.Outcome);
            return;
        }

        var problem = await Assert.ThrowsAsync<FluentValidation.ValidationException>(() => Put("email"));
        Assert.StartsWith($"{place}: ", Assert.Single(problem.Errors).ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(TemplateWriteOutcome.Done, (await Put("pager"))!.Outcome);
    }
}
