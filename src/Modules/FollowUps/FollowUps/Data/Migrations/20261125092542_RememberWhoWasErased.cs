using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class RememberWhoWasErased : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "erased",
                schema: "followups",
                columns: table => new
                {
                    key = table.Column<byte[]>(type: "bytea", nullable: false),
                    erased_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_erased", x => x.key);
                });

            migrationBuilder.CreateTable(
                name: "erasure_key",
                schema: "followups",
                columns: table => new
                {
                    id = table.Column<bool>(type: "boolean", nullable: false),
                    secret = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_erasure_key", x => x.id);
                    table.CheckConstraint("ck_erasure_key_one_row", "id");
                });

            migrationBuilder.Sql("""
                INSERT INTO followups.erasure_key (id, secret)
                VALUES (true, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "erased",
                schema: "followups");

            migrationBuilder.DropTable(
                name: "erasure_key",
                schema: "followups");
        }
    }
}
