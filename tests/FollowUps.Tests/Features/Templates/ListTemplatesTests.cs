using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Templates;

public sealed class ListTemplatesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_that_can_be_used_is_listed_once_with_version_and_source()
    {
        var before = await host.Modules.Send(new ListTemplates(), Token);
        await host.Modules.Send(new PutTemplate { Id = "custom", Body = "All" }, Token);
        await host.Modules.Send(
            new PutTemplate
            {
                Id = "custom",
                Locale = "ga",
                Channel = "sms",
                Body = "Irish by SMS",
            },
            Token
        );

        var list = await host.Modules.Send(new ListTemplates(), Token);

        Assert.Equal(
            [
                "custom",
                "emotion_check_in",
                "post_event_high_emotion",
                "post_event_low_emotion",
                "post_event_neutral_emotion",
                "reengagement_general",
                "reengagement_past_customer",
            ],
            before.Items.Select(template => template.Id).Distinct()
        );
        Assert.All(
            before.Items,
            template => Assert.Equal((TemplateSource.BuiltIn, 0), (template.Source, template.Version))
        );
        Assert.Equal(
            [(null, null, "All", TemplateSource.Override), ("ga", "sms", "Irish by SMS", TemplateSource.Override)],
            list.Items.Where(template => template.Id == "custom")
                .Select(template => (template.Locale, template.Channel, template.Body, template.Source))
        );
        Assert.Equal(
            ["event_date", "booking_id", "days_inactive", "custom_message", "user_id"],
            list.Variables.Select(variable => variable.Name)
        );
    }
}
