using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class DueByClockAndFrequencyCap : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "cap_max",
                schema: "followups",
                table: "recipients",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<TimeSpan>(
                name: "cap_per",
                schema: "followups",
                table: "recipients",
                type: "interval",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "anchor_at",
                schema: "followups",
                table: "follow_ups",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<short>(
                name: "days_after",
                schema: "followups",
                table: "follow_ups",
                type: "smallint",
                nullable: true);

            migrationBuilder.AddColumn<TimeOnly>(
                name: "local_time",
                schema: "followups",
                table: "follow_ups",
                type: "time without time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "time_zone",
                schema: "followups",
                table: "follow_ups",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "zone_given",
                schema: "followups",
                table: "follow_ups",
                type: "boolean",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_recipients_capped",
                schema: "followups",
                table: "recipients",
                column: "cap_max",
                filter: "cap_max IS NOT NULL");

            // A time that the clocks skip comes as much later as they skip; of one that they show twice it is the second.
            migrationBuilder.Sql("""
                CREATE FUNCTION followups.due_by_clock(anchor_at timestamptz, days_after int, local_time time, time_zone text)
                RETURNS timestamptz LANGUAGE sql STABLE
                RETURN ((anchor_at AT TIME ZONE time_zone)::date + days_after + local_time) AT TIME ZONE time_zone;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP FUNCTION followups.due_by_clock(timestamptz, int, time, text);");

            migrationBuilder.DropIndex(
                name: "ix_recipients_capped",
                schema: "followups",
                table: "recipients");

            migrationBuilder.DropColumn(
                name: "cap_max",
                schema: "followups",
                table: "recipients");

            migrationBuilder.DropColumn(
                name: "cap_per",
                schema: "followups",
                table: "recipients");

            migrationBuilder.DropColumn(
                name: "anchor_at",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "days_after",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "local_time",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "time_zone",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "zone_given",
                schema: "followups",
                table: "follow_ups");
        }
    }
}
