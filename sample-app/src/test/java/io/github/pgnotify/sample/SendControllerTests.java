package io.github.pgnotify.sample;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.OutgoingMessage;
import io.github.pgnotify.ListeningStatus;
import io.github.pgnotify.PgListenerChanges;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.StoredMessage;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.messaging.Message;
import org.springframework.messaging.core.AbstractMessageSendingTemplate;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

import static org.assertj.core.api.Assertions.assertThat;

class SendControllerTests {

	private final RecordingTemplate template = new RecordingTemplate();

	private final MockMvcTester mvc = MockMvcTester.of(
			Set.of(new SendController(this.template, new FooIsHeard(), JsonMapper.shared())),
			(builder) -> builder.setControllerAdvice(new RefusalAdvice()).build());

	@Test
	void sendsTheBodyAsItIsThoughCurlCallsItAForm() {
		assertThat(post("foo", "Hello, PostgreSQL! 100%")).hasStatusOk()
			.bodyJson()
			.isStrictlyEqualTo("{\"channel\": \"foo\", \"heard\": true}");
		assertThat(this.template.sent).isEqualTo("foo: Hello, PostgreSQL! 100%");
	}

	@Test
	void saysWhenNobodyListens() {
		assertThat(post("My Chan", "hello")).hasStatusOk()
			.bodyJson()
			.isStrictlyEqualTo("{\"channel\": \"My Chan\", \"heard\": false}");
	}

	@Test
	void repeatsWhyAMessageIsRefused() {
		assertRefused(post("pgnotify.mine", "hello"), HttpStatus.BAD_REQUEST, "'pgnotify.mine' is reserved");
	}

	@Test
	void refusesWhatIsNotText() {
		assertRefused(post("foo", new byte[] { (byte) 0xff }), HttpStatus.BAD_REQUEST, "Payload is not UTF-8 text");
		assertThat(this.template.sent).isNull();
	}

	@Test
	void saysWhenTheDatabaseDoesNotAnswer() {
		this.template.failure = new TransientDataAccessResourceException("connection refused");
		assertRefused(post("foo", "hello"), HttpStatus.SERVICE_UNAVAILABLE, "connection refused");
	}

	private static void assertRefused(MvcTestResult result, HttpStatus status, String detail) {
		assertThat(result).hasStatus(status).bodyJson().extractingPath("$.detail").asString().contains(detail);
	}

	private MvcTestResult post(String channel, String body) {
		return post(channel, body.getBytes(StandardCharsets.UTF_8));
	}

	private MvcTestResult post(String channel, byte[] body) {
		return this.mvc.post()
			.uri("/send/{channel}", channel)
			.contentType(MediaType.APPLICATION_FORM_URLENCODED)
			.content(body)
			.exchange();
	}

	private static final class RecordingTemplate extends AbstractMessageSendingTemplate<String>
			implements PgNotifyOperations {

		@Override
		public PgNotifyOperations distinct() {
			return this;
		}

		private String sent;

		private RuntimeException failure;

		@Override
		protected void doSend(String destination, Message<?> message) {
			if (this.failure != null) {
				throw this.failure;
			}
			this.sent = ChannelName.of(destination) + ": " + message.getPayload();
		}

		@Override
		public void convertAndSendAll(String channel, Collection<?> payloads) {
			throw new UnsupportedOperationException();
		}

		@Override
		public StoredMessage enqueue(OutgoingMessage message) {
			throw new UnsupportedOperationException();
		}

		@Override
		public List<StoredMessage> enqueueAll(Collection<OutgoingMessage> messages) {
			throw new UnsupportedOperationException();
		}

		@Override
		public boolean cancel(long id) {
			throw new UnsupportedOperationException();
		}

	}

	private static final class FooIsHeard implements PgListenerRegistry {

		@Override
		public CompletableFuture<Void> change(Consumer<PgListenerChanges> changes) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Set<ChannelName> channels() {
			return Set.of(ChannelName.of("foo"));
		}

		@Override
		public Map<ChannelName, Set<Object>> subscriptions() {
			throw new UnsupportedOperationException();
		}

		@Override
		public ListeningStatus status() {
			throw new UnsupportedOperationException();
		}

		@Override
		public void start() {
			throw new UnsupportedOperationException();
		}

		@Override
		public void stop() {
			throw new UnsupportedOperationException();
		}

		@Override
		public boolean isRunning() {
			return true;
		}

	}

}
