// The words of sources, channels and asking again: English, Korean.

export const workWords = {
  "nav.sources": ["Sources", "출처 상태"],
  "sources.what": ["How well the shops and APIs answer that prices are asked of.", "가격을 가져오는 판매처와 API가 잘 응답하는지 보여 줍니다."],
  "sources.none": ["No source is asked yet", "아직 가져오는 곳이 없습니다"],
  "sources.well": ["Well", "정상"],
  "sources.troubled": ["In trouble", "문제 있음"],
  "sources.paused": ["Left alone for now", "잠시 쉬는 중"],
  "sources.until": ["left alone until {when}", "{when}까지 쉽니다"],
  "sources.last": ["Last price", "마지막 가격"],
  "sources.state.good": ["well", "정상"],
  "sources.state.warn": ["some fail", "일부 실패"],
  "sources.state.bad": ["most fail", "대부분 실패"],
  "sources.state.paused": ["left alone", "쉬는 중"],

  "settings.channels": ["Messages", "알림 채널"],
  "settings.channels.what": ["A test message goes through every channel, the way of every other message.", "시험 메시지를 모든 채널로 보냅니다. 다른 알림과 똑같은 길로 갑니다."],
  "channel.try": ["Send a test message", "시험 메시지 보내기"],
  "channel.sending": ["On its way…", "보내는 중…"],
  "channel.slack": ["Slack", "슬랙"],
  "channel.webhook": ["Webhook", "웹훅"],
  "channel.late": ["Nothing came of it within half a minute. See Notifications later.", "30초 안에 결과가 없습니다. 나중에 ‘보낸 소식’에서 확인하세요."],
  "channel.sent.how": ["It was taken.", "잘 전달되었습니다."],
  "channel.not_configured.how": ["No address is set for it: see the README, “Messages in Slack”.", "주소가 설정되어 있지 않습니다. README의 ‘Messages in Slack’을 보세요."],
  "channel.refused.how": ["It was refused.", "거절되었습니다."],
  "notifications.trial": ["A test message", "시험 메시지"],

  "workbook.too.large": ["The file has {size}; at most {limit} are read. Divide it, or leave out what is no price.", "파일이 {size}입니다. {limit}까지 읽을 수 있습니다. 나누어 올리거나 가격이 아닌 내용을 빼세요."],
  "workbook.is.empty": ["The file is empty.", "빈 파일입니다."],

  "run.redrive": ["Ask again", "다시 가져오기"],
  "run.redrive.which": ["Which failures", "다시 가져올 실패"],
  "run.redrive.all": ["all failures ({n})", "모든 실패({n})"],
  "run.redrive.begun": ["They are asked again. This page follows them.", "다시 가져오고 있습니다. 이 화면에서 볼 수 있습니다."],
};
