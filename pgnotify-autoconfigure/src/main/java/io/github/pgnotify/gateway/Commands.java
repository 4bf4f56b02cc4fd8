package io.github.pgnotify.gateway;

import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.PgNotifyException;
import io.github.pgnotify.PgNotifyOperations;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.dao.DataAccessException;

/**
 * Does what clients ask for: in envelope mode by JSON objects with a {@code type} of
 * {@code subscribe}, {@code unsubscribe} or {@code publish}; in raw mode a text is
 * published as it is.
 */
final class Commands {

	private static final Log logger = LogFactory.getLog(Commands.class);

	private static final JsonMapper MAPPER = JsonMapper.shared();

	private final Channels channels;

	private final @Nullable PgNotifyOperations operations;

	private final Clients clients;

	Commands(Channels channels, @Nullable PgNotifyOperations operations, Clients clients) {
		this.channels = channels;
		this.operations = operations;
		this.clients = clients;
	}

	/**
	 * Takes a message of a client. One that sends too many is closed.
	 */
	void take(GatewayClient client, String text) {
		if (!client.budget().take()) {
			refuse(client, "too many messages");
		}
		else if (client.format().isEnvelope()) {
			command(client, text);
		}
		else {
			publishRaw(client, text);
		}
	}

	private void command(GatewayClient client, String text) {
		JsonNode command;
		try {
			command = MAPPER.readTree(text);
		}
		catch (JacksonException ex) {
			client.send(Notice.error(null, "not JSON"));
			return;
		}
		switch (command.path("type").asString("")) {
			case "subscribe" -> subscribe(client, command);
			case "unsubscribe" -> unsubscribe(client, command);
			case "publish" -> publish(client, command);
			default -> client.send(Notice.error(null, "type must be subscribe, unsubscribe or publish"));
		}
	}

	private void subscribe(GatewayClient client, JsonNode command) {
		List<String> names = names(command);
		if (names.isEmpty()) {
			client.send(Notice.error(null, "channel is missing"));
			return;
		}
		this.channels.subscribe(client, names, command.path("after").asString(null), (name, refusal) -> {
			this.clients.refused(client.visitor(), refusal.reason());
			client.send(Notice.error(name, refusal.reason()));
		});
	}

	private void unsubscribe(GatewayClient client, JsonNode command) {
		for (String name : names(command)) {
			client.send(this.channels.unsubscribe(client, name) ? Notice.unsubscribed(name)
					: Notice.error(name, "not subscribed"));
		}
	}

	private void publish(GatewayClient client, JsonNode command) {
		String name = command.path("channel").asString("");
		PgGatewayChannel rule = this.channels.permitPublish(client, name);
		PgNotifyOperations sender = this.operations;
		if (rule == null || sender == null) {
			this.clients.refused(client.visitor(), "may not publish");
			client.send(Notice.error(name, "may not publish"));
			return;
		}
		JsonNode data = command.path("data");
		try {
			if (rule.kind() == PgGatewayChannel.Kind.STORED) {
				sender.enqueue(name, data.isMissingNode() ? null : data);
			}
			else {
				sender.convertAndSend(name, data.isString() ? data.asString() : data.toString());
			}
		}
		catch (PgNotifyException | DataAccessException ex) {
			logger.warn("What a client has sent to channel '" + name + "' could not be published", ex);
			client.send(Notice.error(name, "not published"));
		}
	}

	private void publishRaw(GatewayClient client, String text) {
		List<Subscription> subscriptions = new ArrayList<>(client.subscriptions());
		String name = (subscriptions.size() == 1) ? subscriptions.get(0).channel().value() : "";
		PgGatewayChannel rule = this.channels.permitPublish(client, name);
		PgNotifyOperations sender = this.operations;
		if (rule == null || sender == null) {
			refuse(client, "may not publish");
			return;
		}
		try {
			if (rule.kind() == PgGatewayChannel.Kind.STORED) {
				sender.enqueue(name, text);
			}
			else {
				sender.convertAndSend(name, text);
			}
		}
		catch (PgNotifyException | DataAccessException ex) {
			logger.warn("What a client has sent to channel '" + name + "' could not be published", ex);
			client.close(PgGatewayCloseCode.ERROR, "not published");
		}
	}

	private void refuse(GatewayClient client, String reason) {
		this.clients.refused(client.visitor(), reason);
		client.close(PgGatewayCloseCode.POLICY, reason);
	}

	private static List<String> names(JsonNode command) {
		List<String> names = new ArrayList<>();
		JsonNode one = command.path("channel");
		if (one.isString()) {
			names.add(one.asString());
		}
		for (JsonNode each : command.path("channels")) {
			if (each.isString()) {
				names.add(each.asString());
			}
		}
		return names.stream().distinct().toList();
	}

}
