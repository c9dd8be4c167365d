using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace Architecture.Tests;

// What the built container gives for a request: a part registered twice runs twice, unseen.
internal static class ContainerRules
{
    public static IEnumerable<string> Registrations(IServiceProvider services, Type request)
    {
        var response = request
            .GetInterfaces()
            .Single(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IRequest<>))
            .GetGenericArguments()[0];
        var behaviors = services.GetServices(typeof(IPipelineBehavior<,>).MakeGenericType(request, response)).ToArray();
        string[] wanted =
        [
            "TelemetryBehavior",
            "ValidationBehavior",
            .. request.Name switch
            {
                "StoreMessages" => ["JoinSingleStores"],
                "ScheduleFollowUps" => (string[])["JoinSingleSchedules"],
                _ => [],
            },
        ];
        foreach (var expected in wanted)
        {
            var count = behaviors.Count(behavior =>
                behavior!.GetType().Name.StartsWith(expected, StringComparison.Ordinal)
            );
            if (count != 1)
            {
                yield return $"{expected} wraps {request.Name} {count} times. The Host registers it, once.";
            }
        }

        foreach (var other in behaviors.Select(behavior => behavior!.GetType().Name.Split('`')[0]).Distinct())
        {
            if (!wanted.Contains(other))
            {
                yield return $"{other} wraps {request.Name} too. Add it to this rule if it is wanted.";
            }
        }

        var handlers = services.GetServices(typeof(IRequestHandler<,>).MakeGenericType(request, response)).Count();
        if (handlers != 1)
        {
            yield return $"{request.Name} has {handlers} registered handlers. MediatR finds one in its assembly; register none by hand.";
        }

        var validators = services.GetServices(typeof(IValidator<>).MakeGenericType(request)).Count();
        if (validators > 1)
        {
            yield return $"{request.Name} has {validators} registered validators. The module's scan finds one; register none by hand.";
        }
    }
}
