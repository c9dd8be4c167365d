using Architecture.Tests.Planted;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace Architecture.Tests;

public sealed class ContainerTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public void Behaviors_handlers_and_validators_are_registered_once()
    {
        var requests = Module
            .All.SelectMany(module => module.Contracts.GetTypes())
            .Where(type => typeof(IBaseRequest).IsAssignableFrom(type) && !type.IsAbstract)
            .Selected("requests");

        Rule.Holds(requests.SelectMany(request => ContainerRules.Registrations(host.Services, request)));
    }

    [Fact]
    public void What_is_registered_twice_or_never_is_found()
    {
        using var planted = new ServiceCollection()
            .AddSingleton<IRequestHandler<Twice, int>, PublicHandler>()
            .AddSingleton<IRequestHandler<Twice, int>, TwiceHandler>()
            .AddSingleton<IValidator<Orphan>, StrayValidator>()
            .AddSingleton<IValidator<Orphan>, StrayValidator>()
            .AddSingleton<IPipelineBehavior<Twice, int>, Passing>()
            .BuildServiceProvider();

        var twice = ContainerRules.Registrations(planted, typeof(Twice)).ToArray();
        Rule.Finds("Twice has 2 registered handlers.", twice);
        Rule.Finds("ValidationBehavior wraps Twice 0 times.", twice);
        Rule.Finds("Passing wraps Twice too.", twice);
        Rule.Finds("Orphan has 2 registered validators.", ContainerRules.Registrations(planted, typeof(Orphan)));
    }

    private sealed class Passing : IPipelineBehavior<Twice, int>
    {
        public Task<int> Handle(Twice request, RequestHandlerDelegate<int> next, CancellationToken cancellationToken) =>
            next(cancellationToken);
    }
}
