using Conversations.Contracts;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace Catering;

// The public door: the Host calls it beside those of the other modules.
public static class CateringModule
{
    public static IServiceCollection AddCatering(this IServiceCollection services) =>
        services
            .AddSingleton<TastingDesk>()
            .AddSingleton<INotificationHandler<MoodDropped>>(provider => provider.GetRequiredService<TastingDesk>());
}
