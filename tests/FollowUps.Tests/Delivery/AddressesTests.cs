using FollowUps.Contracts;
using FollowUps.Delivery;
using Microsoft.Extensions.Options;

namespace FollowUps.Tests.Delivery;

public sealed class AddressesTests
{
    private const string NoMail = "It must be an e-mail address, such as anna@example.org.";

    [Theory]
    [InlineData("anna@example.org", null)]
    [InlineData("Anna Öz <anna@example.org>", null)]
    [InlineData("anna@küche.example", null)]
    [InlineData("anna", NoMail)]
    [InlineData("anna@", NoMail)]
    [InlineData("@example.org", NoMail)]
    [InlineData("anna@example.org, otto@example.org", NoMail)]
    [InlineData("anna@example.org\r\nBcc: otto@example.org", NoMail)]
    [InlineData("+49301234567", NoMail)]
    public void Mail_needs_what_can_be_mailed_to_also_where_no_server_is_set_up(string address, string? problem) =>
        Assert.Equal(problem, Addresses().Problem("email", address));

    [Theory]
    [InlineData("sms", "+49301234567", null)]
    [InlineData("sms", "0301234567", @"It must look like \+[1-9][0-9]{6,14}|me as a whole.")]
    [InlineData("sms", "+49301234567 or so", @"It must look like \+[1-9][0-9]{6,14}|me as a whole.")]
    [InlineData("sms", "some", @"It must look like \+[1-9][0-9]{6,14}|me as a whole.")]
    [InlineData("sms", "me", null)]
    [InlineData("whatsapp", "whatever", null)]
    [InlineData("pager", "7", "It must have four digits.")]
    [InlineData("pager", "1234", null)]
    [InlineData("fax", "whatever", null)]
    [InlineData("unheard_of", "whatever", null)]
    public void Another_channel_takes_what_whoever_set_it_up_says(string channel, string address, string? problem) =>
        Assert.Equal(problem, Addresses(new Pager("pager"), new Fax("fax")).Problem(channel, address));

    [Fact]
    public void Channel_of_the_operators_own_has_its_own_idea_of_an_address_whatever_its_name()
    {
        var addresses = Addresses(new Fax("email"), new Fax("sms"));

        Assert.Null(addresses.Problem("email", "kitchen door"));
        Assert.Null(addresses.Problem("sms", "kitchen door"));
    }

    private static Addresses Addresses(params IDeliveryChannel[] own)
    {
        var providers = new ChannelOptions();
        providers.Webhooks["sms"] = new WebhookOptions { AddressPattern = @"\+[1-9][0-9]{6,14}|me" };
        providers.Webhooks["whatsapp"] = new WebhookOptions();
        return new Addresses(own, Options.Create(providers));
    }

    // Knows nothing of addresses, as every channel that was written before they were asked for.
    private sealed class Fax(string name) : IDeliveryChannel
    {
        public string Name => name;

        public Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
            IReadOnlyList<Contracts.Delivery> deliveries,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();
    }

    private sealed class Pager(string name) : IDeliveryChannel
    {
        public string Name => name;

        public string? AddressProblem(string address) => address.Length == 4 ? null : "It must have four digits.";

        public Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
            IReadOnlyList<Contracts.Delivery> deliveries,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();
    }
}
