using System.ComponentModel.DataAnnotations;
using FollowUps.Contracts;

namespace FollowUps;

/// <summary>What an operator may set under <c>FollowUps</c>.</summary>
public sealed class FollowUpsOptions
{
    /// <summary>Where the module finds its options.</summary>
    public const string Section = "FollowUps";

    private const string Secret = "must be 32 bytes or more in base64.";

    /// <summary>Most follow-ups in one request. 1 to 100 000. Default 10 000.</summary>
    [Range(1, 100_000)]
    public int MaxBatchSize { get; set; } = 10_000;

    /// <summary>From an event to its follow-up. 0 to 366 days. Default 24 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "366.00:00:00")]
    public TimeSpan PostEventDelay { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Instead: the time on the customer's clocks at which post-event follow-ups are due that name neither a delay nor a time, such as
    /// <c>10:00</c>. Default none.
    /// </summary>
    public TimeOnly? PostEventLocalTime { get; set; }

    /// <summary>How many days after the event's that is. 0 to 366. Default 1.</summary>
    [Range(0, 366)]
    public int PostEventDaysAfter { get; set; } = 1;

    /// <summary>The same for reengagements: the time of the day on which the silence is long enough. Default none: whenever that is.</summary>
    public TimeOnly? ReengagementLocalTime { get; set; }

    /// <summary>Two post-event follow-ups of a customer this close, either side and inclusive, are one. 0 to 366 days. Default 24 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "366.00:00:00")]
    public TimeSpan PostEventWindow { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Silence after which a customer is written to; also how long an executed one keeps the next away. 1 h to 366 days. Default 30 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "366.00:00:00")]
    public TimeSpan ReengagementAfter { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// How much longer ago than that the silence may have passed its length, for days without a scan. 1 h to 366 days; keep it above the time
    /// between two scans. Default 7 days.
    /// </summary>
    [Range(typeof(TimeSpan), "01:00:00", "366.00:00:00")]
    public TimeSpan ReengagementLookBack { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// How far the sweep looks back for drops of the mood whose notification was lost. 5 minutes, the time between two sweeps, to 366 days.
    /// Default 1 day.
    /// </summary>
    [Range(typeof(TimeSpan), "00:05:00", "366.00:00:00")]
    public TimeSpan MoodDropLookBack { get; set; } = TimeSpan.FromDays(1);

    /// <summary>From a drop of the mood to the check-in. 0 to 366 days. Default 2 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "366.00:00:00")]
    public TimeSpan EmotionCheckInDelay { get; set; } = TimeSpan.FromHours(2);

    /// <summary>How long an executed check-in keeps the next away. 0 to 366 days. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "366.00:00:00")]
    public TimeSpan EmotionCheckInPause { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Most pending follow-ups of one customer. 1 to 1000. Default 10.</summary>
    [Range(1, 1000)]
    public int MaxPendingPerUser { get; set; } = 10;

    /// <summary>
    /// Most texts in the place of built-in ones, over all templates, locales and channels: every Host keeps them in memory. 1 to 10 000.
    /// Default 200.
    /// </summary>
    [Range(1, 10_000)]
    public int MaxTemplateOverrides { get; set; } = 200;

    /// <summary>
    /// Past this after its due time a follow-up is cancelled as stale instead of sent, unless it names its own <c>notAfter</c>. 1 s to 36 500 days.
    /// Default 7 days.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "36500.00:00:00")]
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The same for single triggers: <c>FollowUps:StaleAfterOf:Reengagement</c>, for instance. 1 s to 36 500 days. Default none.</summary>
    public Dictionary<FollowUpTrigger, TimeSpan> StaleAfterOf { get; } = [];

    /// <summary>Most follow-ups a customer gets in any <see cref="FrequencyCapPer" />, unless hers says otherwise. 1 to 1000. Default none: no cap.</summary>
    [Range(1, 1000)]
    public int? FrequencyCapMax { get; set; }

    /// <summary>The rolling time that <see cref="FrequencyCapMax" /> counts over. 1 minute to 366 days. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "366.00:00:00")]
    public TimeSpan FrequencyCapPer { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// How far beyond 0.4 or 0.7 the mood must be before the words chosen when scheduling are given up for others, 0 to 0.2. Default 0: at once.
    /// </summary>
    [Range(0, 0.2)]
    public double MoodHysteresis { get; set; }

    /// <summary>How often a held follow-up is looked at again. 10 ms to 1 day. Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan HoldRecheckEvery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Where customers reach this Host, such as <c>https://book.example.org</c>: the beginning of the links that unsubscribe. Default none:
    /// deliveries carry no link.
    /// </summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>
    /// The secret that seals those links: 32 bytes or more in base64. Default none: the one that the database made for itself. Another secret
    /// makes the links already sent worthless.
    /// </summary>
    [MinLength(44, ErrorMessage = Secret), Base64String(ErrorMessage = Secret)]
    public string? UnsubscribeKey { get; set; }

    /// <summary>
    /// Secret behind the tombstones of erased customers: 32 bytes or more in base64. Absent: one that the database made for itself; set it to
    /// keep the secret out of database backups. Changing it forgets who was erased.
    /// </summary>
    [MinLength(44, ErrorMessage = Secret), Base64String(ErrorMessage = Secret)]
    public string? ErasureKey { get; set; }

    /// <summary>False on a Host that only answers calls: others send what it schedules. Default true.</summary>
    public bool DispatchEnabled { get; set; } = true;

    /// <summary>
    /// Most follow-ups claimed at once. A Host that crashes leaves so many uncertain at most, times twice <see cref="DispatchParallelism" />: a smaller
    /// batch withholds fewer promotions then, and takes more claims. 1 to 10 000. Default 500.
    /// </summary>
    [Range(1, 10_000)]
    public int DispatchBatchSize { get; set; } = 500;

    /// <summary>Most batches of one Host on their way at once. 1 to 64. Default 2.</summary>
    [Range(1, 64)]
    public int DispatchParallelism { get; set; } = 2;

    /// <summary>
    /// How long a claim lasts; it is extended while its batch is on its way, and a crash frees it after that. 1 s to 1 day. Default 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Every Host looks this often even when nothing is known to be due: so late at most is what a Host scheduled that died before it could tell,
    /// what falls due while another takes over from the Host that kept time, or, through a connection pooler, what a Host scheduled that only
    /// answers calls. 10 ms to 1 day. Default 2 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan DispatchSweepEvery { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A follow-up is claimed and worded a little before it is due, and handed over on the instant: as long before as that took lately, and this
    /// long at most. Within that time it can no longer be cancelled (409). 0 to 10 s, 0: claimed when it is due. Default 1 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan PrepareAheadMax { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Pause after a run that failed as a whole, the database being away for instance. 10 ms to 1 day. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan DispatchRetryAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>A follow-up not looked at this long after it was due counts as overdue. 1 s to 30 days. Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan OverdueAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Which channels are used, the preferred one first: a follow-up goes through the first that the customer has an address on, or that needs
    /// none. Default: all that are set up (those of the Host's own code, <c>email</c>, then webhooks by name), and the outbox when none is.
    /// </summary>
    public IList<string> Channels { get; } = [];

    /// <summary>
    /// True: a re-engagement message whose attempt ended uncertain is sent again, as every other one is. Default false: once too few beats
    /// once too often.
    /// </summary>
    public bool RepeatUncertainPromotions { get; set; }

    /// <summary>How long a claimed follow-up waits for its turn on a busy channel before it is put off. 0 to 1 h. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ChannelPatience { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A call of a channel that has not ended by then is given up and its deliveries are uncertain: for channels that keep no time themselves.
    /// 100 ms to 1 day. Default 6 minutes, above the longest timeout that e-mail and webhooks may have.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromMinutes(6);

    /// <summary>When at least this many calls of a channel, within a minute, failed by half, it is left alone for a while. 2 to 10 000. Default 10.</summary>
    [Range(2, 10_000)]
    public int CircuitCalls { get; set; } = 10;

    /// <summary>How long a failing channel is left alone before one call tries it again. 500 ms to 1 day. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "1.00:00:00")]
    public TimeSpan CircuitBreak { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long what is on its way may still take once the Host is told to stop. Keep it below the Host's shutdown timeout (30 s). 0 to 1 day.
    /// Default 15 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Attempts before a follow-up has failed. 1 to 100. Default 5.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Ceiling of the first back-off; it doubles with every attempt. 10 ms to 1 day. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan BackoffBase { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Ceiling of every back-off. 10 ms to 30 days. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "30.00:00:00")]
    public TimeSpan BackoffMax { get; set; } = TimeSpan.FromHours(1);
}
