using System.Reflection;
using Conversations;
using Conversations.Contracts;

namespace Architecture.Tests;

public sealed class ModuleSurfaceTests
{
    private static readonly Assembly Module = typeof(ConversationsModule).Assembly;
    private static readonly Assembly Contracts = typeof(Conversation).Assembly;

    [Fact]
    public void A_module_exports_its_door_and_its_options_alone() =>
        Assert.Equal(
            ["ConversationsModule", "ConversationsOptions"],
            Module
                .GetExportedTypes()
                .Where(type => !type.Namespace!.EndsWith("Migrations", StringComparison.Ordinal))
                .Select(type => type.Name)
                .Order()
        );

    [Fact]
    public void Contracts_are_sealed_records_value_types_and_enums()
    {
        var types = Contracts.GetExportedTypes();

        Assert.NotEmpty(types);
        Assert.All(types, type => Assert.True(type.IsValueType || type.IsSealed, type.Name));
        Assert.All(
            types.SelectMany(type => type.GetProperties()).Where(property => property.SetMethod is not null),
            property =>
                Assert.Contains(
                    typeof(System.Runtime.CompilerServices.IsExternalInit),
                    property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers()
                )
        );
    }

    [Fact]
    public void Every_request_has_one_handler_and_one_validator_in_the_slice_of_its_name()
    {
        var requests = Contracts
            .GetExportedTypes()
            .Where(type => typeof(MediatR.IBaseRequest).IsAssignableFrom(type))
            .ToArray();

        Assert.NotEmpty(requests);
        Assert.All(
            requests,
            request =>
            {
                Assert.NotNull(Module.GetType($"Conversations.Features.{request.Name}Handler"));
                if (request.GetProperties().Length > 0)
                {
                    Assert.NotNull(Module.GetType($"Conversations.Features.{request.Name}Validator"));
                }
            }
        );
    }
}
