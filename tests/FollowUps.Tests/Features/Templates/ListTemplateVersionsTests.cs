using FluentValidation;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Templates;

public sealed class ListTemplateVersionsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private const string Id = "reengagement_general";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<TemplateWrite?> Put(string channel, string body, string? subject = null, params string[] variables) =>
        host.Modules.Send(
            new PutTemplate
            {
                Id = Id,
                Channel = channel,
                Subject = subject,
                Body = body,
                Variables = variables,
            },
            Token
        );

    [Fact]
    public async Task Every_text_put_can_be_read_again_and_put_back()
    {
        var channel = $"c{Some.Id()[..10]}";
        await Put(channel, "one {{ dish }}", "first", "dish");
        await Put(channel, "two");
        await host.Modules.Send(new DeleteTemplate(Id, Channel: channel), Token);
        await Put(channel, "three");
        await Put($"{channel}x", "of another channel");

        var versions = (await host.Modules.Send(new ListTemplateVersions(Id, Channel: channel), Token))!.Items;
        var oldest = versions[^1];
        var back = await Put(channel, oldest.Body, oldest.Subject, [.. oldest.Variables]);

        Assert.Equal(["three", "two", "one {{ dish }}"], versions.Select(v => v.Body));
        Assert.Equal([3, 2, 1], versions.Select(v => v.Version));
        Assert.Equal([true, false, false], versions.Select(v => v.EndedAt is null));
        Assert.Equal(("first", 4), (back!.Template.Subject, back.Template.Version));
    }

    [Fact]
    public async Task Pages_go_from_new_to_old()
    {
        var channel = $"c{Some.Id()[..10]}";
        for (var i = 1; i <= 5; i++)
        {
            await Put(channel, $"{i}");
        }

        var seen = new List<string>();
        TemplateVersionKey? after = null;
        do
        {
            var page = await host.Modules.Send(new ListTemplateVersions(Id, null, channel, 2, after), Token);
            seen.AddRange(page!.Items.Select(v => v.Body));
            after = page.Next;
        } while (after is not null);

        Assert.Equal(["5", "4", "3", "2", "1"], seen);
    }

    [Fact]
    public async Task Unknown_ids_have_none_and_bad_input_names_its_field()
    {
        Assert.Null(await host.Modules.Send(new ListTemplateVersions("birthday"), Token));
        var problem = await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(new ListTemplateVersions(Id, "de_DE", "E-Mail", 0), Token)
        );
        Assert.Equal(
            ["channel", "limit", "locale"],
            problem.Errors.Select(e => e.PropertyName.ToLowerInvariant()).Order()
        );
    }
}
