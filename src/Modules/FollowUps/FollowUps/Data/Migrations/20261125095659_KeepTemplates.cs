using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class KeepTemplates : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "template_channel",
                schema: "followups",
                table: "follow_ups",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "template_locale",
                schema: "followups",
                table: "follow_ups",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "template_version",
                schema: "followups",
                table: "follow_ups",
                type: "integer",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "template_revision",
                schema: "followups",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false),
                    revision = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_template_revision", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "templates",
                schema: "followups",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    locale = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    channel = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    version = table.Column<int>(type: "integer", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: true),
                    body = table.Column<string>(type: "text", nullable: false),
                    variables = table.Column<string[]>(type: "text[]", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_templates", x => new { x.id, x.locale, x.channel, x.version });
                });

            migrationBuilder.InsertData(
                schema: "followups",
                table: "template_revision",
                columns: new[] { "id", "revision" },
                values: new object[] { 1, 0L });

            migrationBuilder.CreateIndex(
                name: "ix_templates_in_force",
                schema: "followups",
                table: "templates",
                columns: new[] { "id", "locale", "channel" },
                unique: true,
                filter: "ended_at IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "template_revision",
                schema: "followups");

            migrationBuilder.DropTable(
                name: "templates",
                schema: "followups");

            migrationBuilder.DropColumn(
                name: "template_channel",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "template_locale",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "template_version",
                schema: "followups",
                table: "follow_ups");
        }
    }
}
