// Every visible word, and what puts it on the page.

const WORDS = {
  en: {
    language: "中文",
    pageTitle: "Weir: live streams",
    tagline: "Server-Sent Events, live from this server",
    footer: "All of it is plain HTTP: one request, and events as they happen.",
    sections: "Sections",

    connecting: "Connecting",
    receiving: "Receiving",
    done: "Done",
    error: "Error",
    stopped: "Stopped",
    waiting: "Connection lost",
    offline: "Offline",
    idle: "Not connected",
    tryingAgain: "Trying again in {seconds} s (attempt {attempt})",
    crowded:
      "Still waiting for a free connection. Browsers open only six to a server over HTTP/1.1, in all tabs together: close another tab of this page, or serve it over HTTPS, where HTTP/2 has no such limit.",
    slow: "The server is taking long to answer.",
    networkGone: "You are offline. Streams go on as soon as the network is back.",

    refused: "The server said no: {message}",
    unwell: "The server cannot answer now: {message}",
    notEvents: "That address answers, but not with an event stream. Is something else running at this port?",
    unreachable: "The server did not answer. Is it still running?",
    serverFailed: "The server reported an error: {message}. Reconnect to get the rest.",

    typewriter: "Typewriter",
    typewriterAbout: "A text, one event a character. Stop it, or end the server: it goes on where it was.",
    text: "Text",
    textHint: "Leave it empty for the server's own",
    interval: "Milliseconds between characters",
    failAt: "Fail after so many characters",
    never: "never",
    start: "Start",
    stop: "Stop",
    reconnect: "Reconnect",
    progress: "Progress",
    typed: "Typed text",
    count: "{done} of {total}",

    chat: "Chat room",
    chatAbout: "Two people in one window, each with a connection of their own. Open this page twice for more.",
    room: "Room",
    user: "Name",
    message: "Message",
    messages: "Messages",
    join: "Join",
    leave: "Leave",
    send: "Send",
    sending: "Sending",
    delivered_one: "Delivered to {count} reader",
    delivered_other: "Delivered to {count} readers",

    notifications: "Notifications",
    notificationsAbout: "Sent to one reader or to all of them, and shown the moment they are.",
    inbox: "Inbox",
    unread_one: "{count} unread",
    unread_other: "{count} unread",
    subscribe: "Subscribe",
    unsubscribe: "Unsubscribe",
    markRead: "Mark all as read",
    to: "To",
    toOne: "One reader",
    toAll: "All readers",
    receiver: "Name of the reader",
    title: "Title",
    body: "Text",
    new: "new",

    monitor: "Monitor",
    monitorAbout: "What this server is doing, once a second: the last 60 samples.",
    streams: "Open streams",
    eventsPerS: "Events a second",
    cpu: "Processor, this server",
    memory: "Memory, this server",
    bytesPerS: "Sent a second",
    hostCpu: "Processor, whole machine",
    hostMemory: "Memory, whole machine",
    ofTotal: "{used} of {total}",
    asIs: "{text}",
    chart: "{name}: now {now}, at most {most} in the last {samples} samples",
  },
  zh: {
    language: "English",
    pageTitle: "Weir：实时数据流",
    tagline: "来自本服务器的实时 Server-Sent Events",
    footer: "这里只有普通的 HTTP：一次请求，事件随发生随到达。",
    sections: "栏目",

    connecting: "正在连接",
    receiving: "正在接收",
    done: "已完成",
    error: "出错",
    stopped: "已停止",
    waiting: "连接中断",
    offline: "网络已断开",
    idle: "未连接",
    tryingAgain: "{seconds} 秒后重试（第 {attempt} 次）",
    crowded:
      "仍在等待空闲连接。使用 HTTP/1.1 时，浏览器的所有标签页对同一服务器一共只能打开六个连接：请关闭本页面的其他标签页，或改用 HTTPS（HTTP/2 没有此限制）。",
    slow: "服务器响应较慢。",
    networkGone: "网络已断开，恢复后数据流会立即继续。",

    refused: "服务器拒绝了请求：{message}",
    unwell: "服务器暂时无法响应：{message}",
    notEvents: "该地址有响应，但不是事件流。此端口上是否运行着其他程序？",
    unreachable: "服务器没有响应，它还在运行吗？",
    serverFailed: "服务器报告错误：{message}。点击“重新连接”可接收剩余内容。",

    typewriter: "打字机",
    typewriterAbout: "一段文字，每个字符一个事件。可以停止，也可以关掉服务器：之后会从断点继续。",
    text: "文字",
    textHint: "留空则使用服务器自带的文字",
    interval: "字符间隔（毫秒）",
    failAt: "在第几个字符后出错",
    never: "不出错",
    start: "开始",
    stop: "停止",
    reconnect: "重新连接",
    progress: "进度",
    typed: "已打出的文字",
    count: "{done} / {total}",

    chat: "聊天室",
    chatAbout: "同一窗口中的两位用户，各有自己的连接。再打开一个本页面，可以有更多人加入。",
    room: "房间",
    user: "名字",
    message: "消息",
    messages: "消息列表",
    join: "加入",
    leave: "离开",
    send: "发送",
    sending: "正在发送",
    delivered_other: "已送达 {count} 位读者",

    notifications: "通知",
    notificationsAbout: "可以发给一位读者，也可以发给所有人，发出后立即显示。",
    inbox: "收件箱",
    unread_other: "{count} 条未读",
    subscribe: "订阅",
    unsubscribe: "取消订阅",
    markRead: "全部标为已读",
    to: "发给",
    toOne: "一位读者",
    toAll: "所有读者",
    receiver: "读者的名字",
    title: "标题",
    body: "正文",
    new: "新",

    monitor: "监控",
    monitorAbout: "本服务器的运行情况，每秒一次：最近 60 个样本。",
    streams: "打开的数据流",
    eventsPerS: "每秒事件数",
    cpu: "处理器（本服务器）",
    memory: "内存（本服务器）",
    bytesPerS: "每秒发送",
    hostCpu: "处理器（整机）",
    hostMemory: "内存（整机）",
    ofTotal: "{used}，共 {total}",
    asIs: "{text}",
    chart: "{name}：当前 {now}，最近 {samples} 个样本中最高 {most}",
  },
};

const LANGUAGE_KEY = "weir.language";
let language = rememberedLanguage() ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
/** What was said with values in it, to be said again in another language. */
const spoken = new WeakMap();

/** The words of `key`, with `values` in their places; a value that is a function is called for it in the language of now. */
function words(key, values = {}) {
  const known = WORDS[language];
  const plural = values.count === undefined ? "" : `_${new Intl.PluralRules(language).select(values.count)}`;
  const text = known[key + plural] ?? known[`${key}_other`] ?? known[key];
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "function" ? value() : typeof value === "number" ? number(value) : value;
  });
}

/** Writes the words of `key` into `element`, now and whenever the language changes; no key empties it. */
function say(element, key, values) {
  if (!key) {
    delete element.dataset.t;
    element.textContent = "";
    return;
  }
  element.dataset.t = key;
  spoken.set(element, values);
  const text = words(key, values);
  // Else it would be read out again.
  if (element.textContent !== text) element.textContent = text;
}

function speak(root) {
  for (const element of root.querySelectorAll("[data-t]")) say(element, element.dataset.t, spoken.get(element));
  for (const element of root.querySelectorAll("[data-t-label]"))
    element.setAttribute("aria-label", words(element.dataset.tLabel));
  for (const element of root.querySelectorAll("[data-t-hint]")) element.placeholder = words(element.dataset.tHint);
  for (const element of root.querySelectorAll("time")) element.textContent = clockTime(element.dateTime);
}

function setLanguage(chosen) {
  language = chosen;
  document.documentElement.lang = { en: "en", zh: "zh-Hans" }[language];
  document.title = words("pageTitle");
  speak(document);
  const button = document.querySelector("#language");
  button.textContent = words("language");
  button.lang = { en: "zh-Hans", zh: "en" }[language];
}

function rememberedLanguage() {
  try {
    const remembered = localStorage.getItem(LANGUAGE_KEY);
    return remembered in WORDS ? remembered : undefined;
  } catch {
    // A browser that is told to store nothing throws.
    return undefined;
  }
}

function rememberLanguage() {
  try {
    localStorage.setItem(LANGUAGE_KEY, language);
  } catch {
    // Then it is chosen again next time.
  }
}

function number(value, options = { maximumFractionDigits: 1 }) {
  return new Intl.NumberFormat(language, options).format(value);
}

function percent(value) {
  return number(value / 100, { style: "percent", maximumFractionDigits: 1 });
}

function bytes(value) {
  const power = value < 1e6 ? 1 : value < 1e9 ? 2 : 3;
  const unit = ["kilobyte", "megabyte", "gigabyte"][power - 1];
  return number(value / 1000 ** power, { style: "unit", unit, maximumFractionDigits: 1 });
}

function clockTime(date) {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(new Date(date));
}
