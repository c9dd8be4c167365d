using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class LeaseAndPause : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AlterTable(
                name: "follow_ups",
                schema: "followups")
                .Annotation("Npgsql:StorageParameter:fillfactor", 70);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "leased_until",
                schema: "followups",
                table: "follow_ups",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "message_subject",
                schema: "followups",
                table: "follow_ups",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "pauses",
                schema: "followups",
                columns: table => new
                {
                    trigger = table.Column<short>(type: "smallint", nullable: false),
                    paused_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_pauses", x => x.trigger);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "pauses",
                schema: "followups");

            migrationBuilder.DropColumn(
                name: "leased_until",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "message_subject",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.AlterTable(
                name: "follow_ups",
                schema: "followups")
                .OldAnnotation("Npgsql:StorageParameter:fillfactor", 70);
        }
    }
}
