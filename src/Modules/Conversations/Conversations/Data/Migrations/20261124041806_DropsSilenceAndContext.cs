using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Conversations.Data.Migrations
{
    /// <inheritdoc />
    public partial class DropsSilenceAndContext : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_conversations_mood_drops",
                schema: "conversations",
                table: "conversations");

            migrationBuilder.RenameColumn(
                name: "low_since",
                schema: "conversations",
                table: "conversations",
                newName: "dropped_at");

            migrationBuilder.AlterTable(
                name: "messages",
                schema: "conversations")
                .Annotation("Npgsql:StorageParameter:autovacuum_analyze_scale_factor", 0.02)
                .Annotation("Npgsql:StorageParameter:autovacuum_vacuum_insert_scale_factor", 0.02);

            migrationBuilder.AlterTable(
                name: "conversations",
                schema: "conversations")
                .Annotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003)
                .Annotation("Npgsql:StorageParameter:fillfactor", 70)
                .OldAnnotation("Npgsql:StorageParameter:fillfactor", 70);

            migrationBuilder.AddColumn<string>(
                name: "reopen_reason",
                schema: "conversations",
                table: "conversations",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "last_activity_day",
                schema: "conversations",
                table: "conversations",
                type: "timestamp with time zone",
                nullable: true,
                computedColumnSql: "date_bin('1 day', last_activity_at, timestamptz '0001-01-01 00:00:00+00')",
                stored: true);

            migrationBuilder.CreateIndex(
                name: "ix_conversations_mood_drops",
                schema: "conversations",
                table: "conversations",
                columns: new[] { "dropped_at", "id" },
                filter: "dropped_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_conversations_silent_customers",
                schema: "conversations",
                table: "conversations",
                columns: new[] { "last_activity_day", "id" },
                filter: "user_id IS NOT NULL AND last_activity_day IS NOT NULL");

            // RFC 7396, for MergeContext.
            migrationBuilder.Sql("""
                CREATE FUNCTION conversations.json_merge_patch(target jsonb, patch jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
                BEGIN
                    IF jsonb_typeof(patch) <> 'object' THEN
                        RETURN patch;
                    END IF;
                    RETURN (
                        SELECT coalesce(
                            jsonb_object_agg(
                                key,
                                CASE WHEN p.value IS NULL THEN t.value ELSE conversations.json_merge_patch(t.value, p.value) END
                            ) FILTER (WHERE p.value IS NULL OR p.value <> 'null'),
                            '{}')
                        FROM jsonb_each(CASE WHEN jsonb_typeof(target) = 'object' THEN target ELSE '{}' END) t
                        FULL JOIN jsonb_each(patch) p USING (key)
                    );
                END
                $$;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP FUNCTION conversations.json_merge_patch(jsonb, jsonb);");

            migrationBuilder.DropIndex(
                name: "ix_conversations_mood_drops",
                schema: "conversations",
                table: "conversations");

            migrationBuilder.DropIndex(
                name: "ix_conversations_silent_customers",
                schema: "conversations",
                table: "conversations");

            migrationBuilder.DropColumn(
                name: "last_activity_day",
                schema: "conversations",
                table: "conversations");

            migrationBuilder.DropColumn(
                name: "reopen_reason",
                schema: "conversations",
                table: "conversations");

            migrationBuilder.RenameColumn(
                name: "dropped_at",
                schema: "conversations",
                table: "conversations",
                newName: "low_since");

            migrationBuilder.AlterTable(
                name: "messages",
                schema: "conversations")
                .OldAnnotation("Npgsql:StorageParameter:autovacuum_analyze_scale_factor", 0.02)
                .OldAnnotation("Npgsql:StorageParameter:autovacuum_vacuum_insert_scale_factor", 0.02);

            migrationBuilder.AlterTable(
                name: "conversations",
                schema: "conversations")
                .Annotation("Npgsql:StorageParameter:fillfactor", 70)
                .OldAnnotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003)
                .OldAnnotation("Npgsql:StorageParameter:fillfactor", 70);

            migrationBuilder.CreateIndex(
                name: "ix_conversations_mood_drops",
                schema: "conversations",
                table: "conversations",
                columns: new[] { "low_since", "id" },
                filter: "low_since IS NOT NULL");
        }
    }
}
