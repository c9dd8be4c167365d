using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Templates;

public sealed class DeleteTemplateTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<Template> Put(string body, string? locale = null) =>
        (
            await host.Modules.Send(
                new PutTemplate
                {
                    Id = "custom",
                    Locale = locale,
                    Body = body,
                },
                Token
            )
        )!.Template;

    private async Task<TemplateWrite> Delete(string? locale = null, params string[] ifMatch) =>
        (
            await host.Modules.Send(
                new DeleteTemplate("custom", locale, IfMatch: ifMatch.Length > 0 ? ifMatch : null),
                Token
            )
        )!;

    [Fact]
    public async Task What_was_overridden_is_in_force_again_and_the_text_is_history()
    {
        var builtIn = (await host.Modules.Send(new GetTemplate("custom", "it-IT"), Token))!;
        await Put("Ciao {{ user_id }}", "it");
        await Put("Salve {{ user_id }}", "it-IT");

        var general = await Delete("it-IT");
        var back = await Delete("it");
        var again = await Delete("it");

        Assert.Equal("Ciao {{ user_id }}", general.Template.Body);
        Assert.Equal((TemplateSource.BuiltIn, 0), (back.Template.Source, back.Template.Version));
        Assert.Equal(builtIn.Tag, again.Template.Tag);
        Assert.Equal(2, (await Put("Ciao", "it")).Version);
    }

    [Fact]
    public async Task Only_who_saw_the_text_in_force_may_end_it()
    {
        var first = await Put("One");
        var second = await Put("Two");

        var late = await Delete(null, first.Tag);
        var informed = await Delete(null, second.Tag);

        Assert.Equal((TemplateWriteOutcome.NotMatched, "Two"), (late.Outcome, late.Template.Body));
        Assert.Equal((TemplateWriteOutcome.Done, TemplateSource.BuiltIn), (informed.Outcome, informed.Template.Source));
    }

    [Fact]
    public async Task An_unknown_id_is_answered_with_nothing() =>
        Assert.Null(await host.Modules.Send(new DeleteTemplate("birthday"), Token));
}
