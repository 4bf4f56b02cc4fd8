package io.github.pgnotify.sample.postgres;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the embedded PostgreSQL.
 *
 * @param dataDirectory where it keeps its data between runs; by default below the build
 * directory of the module
 */
@ConfigurationProperties("sample.postgres")
record EmbeddedPostgresProperties(@Nullable String dataDirectory) {

}
