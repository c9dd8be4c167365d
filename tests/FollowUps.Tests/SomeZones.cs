namespace FollowUps.Tests;

// Zones whose clocks change in different ways: by an hour, by half, at midnight, over the date line, not at all.
internal static class SomeZones
{
    public static readonly string[] Ids =
    [
        "Europe/Berlin",
        "America/New_York",
        "America/St_Johns",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "Pacific/Apia",
        "Australia/Lord_Howe",
        "UTC",
    ];
}
