using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class MeasureLatenessFromWhenItMightLeave : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_follow_ups_executed_at",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_executed_at",
                schema: "followups",
                table: "follow_ups",
                column: "executed_at",
                filter: "status = 1")
                .Annotation("Npgsql:IndexInclude", new[] { "next_at", "created_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_follow_ups_executed_at",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_executed_at",
                schema: "followups",
                table: "follow_ups",
                column: "executed_at",
                filter: "status = 1")
                .Annotation("Npgsql:IndexInclude", new[] { "scheduled_at", "created_at" });
        }
    }
}
