package io.github.pgnotify.connection;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

import io.github.pgnotify.testsupport.fault.ControllableServer;

import org.springframework.util.FileSystemUtils;

/**
 * A server with a key and a certificate that it has signed itself.
 */
final class TlsServer {

	private static final char[] PASSWORD = "password".toCharArray();

	private static final String ALIAS = "server";

	private TlsServer() {
	}

	/**
	 * Starts a server that speaks TLS with those who ask for it.
	 */
	static ControllableServer start() throws Exception {
		Path directory = Files.createTempDirectory("pgnotify-tls");
		try {
			return start(directory);
		}
		finally {
			// It has read them
			FileSystemUtils.deleteRecursively(directory);
		}
	}

	private static ControllableServer start(Path directory) throws Exception {
		KeyStore store = create(directory.resolve("server.p12"));
		Path certificate = directory.resolve("server.crt");
		Path key = directory.resolve("server.key");
		write(certificate, "CERTIFICATE", store.getCertificate(ALIAS).getEncoded());
		write(key, "PRIVATE KEY", store.getKey(ALIAS, PASSWORD).getEncoded());
		return new ControllableServer("ssl=on", "ssl_cert_file=" + certificate, "ssl_key_file=" + key).start();
	}

	private static KeyStore create(Path file) throws IOException, InterruptedException, GeneralSecurityException {
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", ALIAS, "-keyalg", "EC", "-dname", "CN=127.0.0.1", "-storetype", "PKCS12",
				"-keystore", file.toString(), "-storepass", new String(PASSWORD))
			.inheritIO()
			.start();
		if (keytool.waitFor() != 0) {
			throw new IllegalStateException("keytool made no key");
		}
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream stream = Files.newInputStream(file)) {
			store.load(stream, PASSWORD);
		}
		return store;
	}

	private static void write(Path file, String kind, byte[] content) throws IOException {
		// The server takes no key that others may read
		Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
		Files.writeString(file, "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(content)
				+ "\n-----END " + kind + "-----\n");
	}

}
