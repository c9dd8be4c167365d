using System.Text.Json;
using Conversations.Contracts;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Templates;

public sealed class PreviewTemplateTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<TemplatePreview> Preview(PreviewTemplate preview) => (await host.Modules.Send(preview, Token))!;

    private Task<TemplateWrite?> Put(string id, string body, string? channel = null, params string[] variables) =>
        host.Modules.Send(
            new PutTemplate
            {
                Id = id,
                Channel = channel,
                Subject = "To {{ user_id }}",
                Body = body,
                Variables = variables,
            },
            Token
        );

    [Fact]
    public async Task Samples_stand_for_what_is_not_given_and_each_mood_is_shown()
    {
        var preview = await Preview(new PreviewTemplate { Id = "post_event_low_emotion" });

        Assert.Contains("November 05, 2031", preview.Body, StringComparison.Ordinal);
        Assert.Equal(("post_event_low_emotion", null), (preview.TemplateId, preview.Mood));
        Assert.Equal(["high", "neutral", "low"], preview.Moods!.Keys);
        Assert.Equal(
            ["post_event_high_emotion", "post_event_neutral_emotion", "post_event_low_emotion"],
            preview.Moods.Values.Select(mood => mood.TemplateId)
        );
        Assert.Equal(preview.Body, preview.Moods["low"].Body);
    }

    [Fact]
    public async Task A_mood_shows_the_template_that_it_chooses()
    {
        var preview = await Preview(new PreviewTemplate { Id = "post_event_high_emotion", Mood = FollowUpMood.Low });

        Assert.Equal(("post_event_low_emotion", FollowUpMood.Low), (preview.TemplateId, preview.Mood));
    }

    [Fact]
    public async Task A_customer_is_shown_what_would_be_sent_by_mood_and_locale_and_nothing_is_sent()
    {
        var (user, conversation) = (Some.Id(), Some.Id());
        await host.Modules.Send(new StoreMessages([Some.Message(conversation, 0.9) with { UserId = user }]), Token);
        await host.Modules.Send(new PutRecipient { UserId = user, Locale = "nl-NL" }, Token);
        await host.Modules.Send(
            new PutTemplate
            {
                Id = "post_event_high_emotion",
                Locale = "nl",
                Body = "Bedankt voor {{ event_date }}, {{ user_id }}",
            },
            Token
        );

        var preview = await Preview(new PreviewTemplate { Id = "post_event_neutral_emotion", UserId = user });

        Assert.Equal($"Bedankt voor woensdag 5 november 2031, {user}", preview.Body);
        Assert.Equal(
            ("post_event_high_emotion", "nl", 1, FollowUpMood.High),
            (preview.TemplateId, preview.Locale, preview.Version, preview.Mood)
        );
        Assert.Empty((await host.Modules.Send(new ListOutbox(user), Token)).Items);
        Assert.Empty((await host.Modules.Send(new ListFollowUps(user), Token)).Items);
    }

    [Fact]
    public async Task A_draft_is_shown_before_it_is_saved_on_the_customers_clocks()
    {
        var user = Some.Id();
        await host.Modules.Send(
            new PutRecipient
            {
                UserId = user,
                Locale = "de",
                TimeZone = "Pacific/Auckland",
            },
            Token
        );

        var preview = await Preview(
            new PreviewTemplate
            {
                Id = "post_event_low_emotion",
                UserId = user,
                Subject = "An {{ user_id }}",
                Body = "Am {{ event_date }}: {{ dish }}",
                Variables = JsonDocument.Parse("""{"dish":"Suppe"}""").RootElement,
            }
        );

        // 18:00 UTC is the next day there.
        Assert.Equal("Am Donnerstag, 6. November 2031: Suppe", preview.Body);
        Assert.Equal(($"An {user}", FollowUpMood.Low, 0), (preview.Subject, preview.Mood, preview.Version));
        Assert.Equal(preview.Body, preview.Moods!["low"].Body);
        Assert.StartsWith("Vielen Dank", preview.Moods["neutral"].Body, StringComparison.Ordinal);
        var kept = await host.Modules.Send(new GetTemplate("post_event_low_emotion"), Token);
        Assert.Equal(0, kept!.Version);
    }

    [Theory]
    [InlineData("a {{ dish }}", null, "body", "Line 1, column 6")]
    [InlineData(null, "only a subject", "body", "empty")]
    [InlineData("a", "{% if %}", "subject", "Line 1")]
    public async Task A_draft_that_could_not_be_saved_is_refused_alike(
        string? body,
        string? subject,
        string field,
        string reason
    )
    {
        var problem = await Assert.ThrowsAsync<FluentValidation.ValidationException>(() =>
            Preview(
                new PreviewTemplate
                {
                    Id = "custom",
                    Body = body,
                    Subject = subject,
                }
            )
        );

        var error = Assert.Single(problem.Errors);
        Assert.Equal(field, error.PropertyName);
        Assert.Contains(reason, error.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_customers_link_runs_nothing()
    {
        var preview = await Preview(
            new PreviewTemplate
            {
                Id = "custom",
                Channel = "email",
                Body = "<a href=\"{{ link }}\">x</a>",
                Variables = JsonDocument.Parse("""{"link":"java\tscript:alert(1)"}""").RootElement,
            }
        );

        Assert.Equal("<a href=\"#\">x</a>", preview.Body);
    }

    [Fact]
    public async Task Customer_values_are_escaped_in_e_mail_and_nowhere_else()
    {
        await Put("emotion_check_in", "<p>{{ custom_message | append: note }}</p>", "email", "note");
        await Put("emotion_check_in", "{{ custom_message | append: note }}", null, "note");
        var variables = JsonDocument.Parse(
            """{"custom_message":"<b>Tom & Jerry\n","note":["<i>"],"user_id":"a\r\nBcc: b"}"""
        );

        var email = await Preview(
            new PreviewTemplate
            {
                Id = "emotion_check_in",
                Channel = "email",
                Variables = variables.RootElement,
            }
        );
        var sms = await Preview(
            new PreviewTemplate
            {
                Id = "emotion_check_in",
                Channel = "sms",
                Variables = variables.RootElement,
            }
        );

        Assert.Equal("<p>&lt;b&gt;Tom &amp; Jerry<br>\n&lt;i&gt;</p>", email.Body);
        Assert.Equal("<b>Tom & Jerry\n<i>", sms.Body);
        Assert.Equal(("To a Bcc: b", "To a Bcc: b"), (email.Subject, sms.Subject));
    }

    [Fact]
    public async Task What_cannot_be_rendered_is_shown_with_the_reason()
    {
        await Put("reengagement_general", "{{ 10 | divided_by: guests }}", null, "guests");

        var preview = await Preview(
            new PreviewTemplate
            {
                Id = "reengagement_general",
                Variables = JsonDocument.Parse("""{"guests":0}""").RootElement,
            }
        );

        Assert.Null(preview.Body);
        Assert.Equal(
            "The template reengagement_general cannot be rendered. Its values do not fit it (DivideByZeroException).",
            preview.Error
        );
    }

    [Fact]
    public async Task An_unknown_id_is_answered_with_nothing() =>
        Assert.Null(await host.Modules.Send(new PreviewTemplate { Id = "birthday" }, Token));
}
