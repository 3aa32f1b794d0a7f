import type { ErrorCode } from '../ipc/bindings';

/** What happened and what to do, in one sentence each; `{subject}` is the login, host or device it happened to. */
export const errors: Record<'en' | 'ru', Record<ErrorCode, string>> = {
  en: {
    bad_address: '“{subject}” is not an address; write it like https://office.example:5001.',
    bad_login: '“{subject}” is not a login; use letters, digits, _ and -, at most 64 of them.',
    server_unreachable: '{subject} does not answer; check the address and whether the server is running.',
    not_that_server: '{subject} answers, but is not the server that belongs there; check address and port.',
    certificate_unknown: 'Nobody vouches for the certificate of {subject}; look at it before you trust it.',
    certificate_changed: 'The certificate of {subject} changed, so nothing was sent; ask its administrator.',
    secret_refused: '{subject} refused the secret; enter it again.',
    secret_missing: 'The secret of {subject} is not stored; enter it to make calls.',
    keyring_locked: 'The keyring of this computer is locked; unlock it so that calls can be made.',
    keyring_absent:
      'This computer has no keyring to keep a secret in; install one such as gnome-keyring, or let the server hand out tokens.',
    not_signed_in: '{subject} wants you to sign in; enter your password to call and be called.',
    session_over: 'Your sign-in at {subject} has ended; sign in again, nothing is lost.',
    password_refused: '{subject} does not know this login with this password; try again.',
    too_many_tries: '{subject} takes no more passwords for now; wait five minutes and try again.',
    not_encrypted: 'A password is not sent to {subject} in plain text; give its https address.',
    no_accounts: '{subject} asks nobody for a password; test the connection again.',
    not_allowed: '{subject} does not allow this call; ask its administrator.',
    refused: '{subject} did not put the call through; call again later, or ask its administrator.',
    unknown_user: 'The server knows nobody called {subject}; check the login.',
    offline: '{subject} is offline; try again later.',
    busy: '{subject} is in another call; try again later.',
    dnd: '{subject} does not want to be disturbed; try again later.',
    declined: '{subject} declined the call.',
    no_answer: '{subject} did not answer; try again later.',
    cancelled: '{subject} gave up before the call was answered.',
    answered_elsewhere: 'The call was answered on another device.',
    peer_lost: 'The connection to {subject} was lost; call again.',
    signaling_down: 'There is no connection to {subject}; Zvonok keeps trying, call again when it is back.',
    token_refused: '{subject} did not let you into the call; call again, or ask its administrator.',
    media_blocked:
      'No picture or sound gets through, a firewall may block UDP; try another network or ask its administrator.',
    malformed: '{subject} sent something that cannot be understood; its version may not fit.',
    camera_absent: 'No camera was found, so you are not seen; plug one in and call again.',
    camera_refused: 'The camera was refused, so you are not seen; allow it in the system settings and call again.',
    camera_busy: 'Another program has the camera, so you are not seen; close it and call again.',
    microphone_absent:
      'No microphone can be used, so you are not heard; plug one in or allow it in the system settings, and call again.',
    media_trouble:
      'Part of the picture or sound cannot be processed on this computer; call again, and look at the log if it stays so.',
    no_sound: 'The ring could not be heard because there is no sound output; check the sound settings.',
    no_notifications: 'This desktop shows no notifications; calls ring in a window of their own.',
    no_tray:
      'This desktop has no tray: close the window and Zvonok stays reachable; start it again to bring the window back.',
    not_now: 'That is not possible at the moment.',
    already_running: 'This profile is already running; use its window.',
    settings_unreadable:
      'The settings could not be read and are kept in {subject}; fill them in anew, or mend that file and put it back.',
    internal: 'Something went wrong inside Zvonok; try again, and tell your administrator if it stays so.',
  },
  ru: {
    bad_address: '«{subject}» — не адрес; напишите, например, https://office.example:5001.',
    bad_login: '«{subject}» — не логин; нужны латинские буквы, цифры, _ и -, не больше 64.',
    server_unreachable: '{subject} не отвечает; проверьте адрес и запущен ли сервер.',
    not_that_server: '{subject} отвечает, но это не тот сервер; проверьте адрес и порт.',
    certificate_unknown: 'За сертификат {subject} никто не ручается; посмотрите на него, прежде чем доверять.',
    certificate_changed: 'Сертификат {subject} сменился, и мы ничего не отправили; спросите администратора.',
    secret_refused: '{subject} не принял секрет; введите его ещё раз.',
    secret_missing: 'Секрета для {subject} нет; введите его, чтобы звонить.',
    keyring_locked: 'Связка ключей заблокирована; разблокируйте её, чтобы звонить.',
    keyring_absent:
      'На этом компьютере нет связки ключей; установите, например, gnome-keyring или пусть пропуск выдаёт сервер.',
    not_signed_in: '{subject} просит войти; введите пароль, чтобы звонить и принимать звонки.',
    session_over: 'Вход на {subject} больше не действует; войдите ещё раз, ничего не потеряно.',
    password_refused: '{subject} не принял логин и пароль; попробуйте ещё раз.',
    too_many_tries: '{subject} пока не принимает пароли; подождите пять минут и попробуйте снова.',
    not_encrypted: 'Пароль не отправляется на {subject} без шифрования; укажите адрес с https.',
    no_accounts: '{subject} ни у кого не спрашивает пароля; проверьте соединение ещё раз.',
    not_allowed: '{subject} не разрешает этот звонок; спросите администратора.',
    refused: '{subject} не соединил; позвоните позже или спросите администратора.',
    unknown_user: 'Сервер не знает, кто такой {subject}; проверьте логин.',
    offline: '{subject} не в сети; попробуйте позже.',
    busy: '{subject} уже разговаривает; попробуйте позже.',
    dnd: '{subject} просит не беспокоить; попробуйте позже.',
    declined: '{subject} не может ответить.',
    no_answer: '{subject} не отвечает; попробуйте позже.',
    cancelled: '{subject}: звонок отменён до ответа.',
    answered_elsewhere: 'На звонок ответили на другом устройстве.',
    peer_lost: 'Связь пропала: {subject}; позвоните ещё раз.',
    signaling_down: 'Нет связи: {subject}; «Звонок» продолжает попытки, позвоните, когда она вернётся.',
    token_refused: '{subject} не впустил вас в разговор; позвоните ещё раз или спросите администратора.',
    media_blocked:
      'Видео и звук не проходят, возможно, закрыт UDP; попробуйте другую сеть или спросите администратора.',
    malformed: '{subject} прислал что-то непонятное; возможно, версия не подходит.',
    camera_absent: 'Камеры нет, вас не видно; подключите её и позвоните снова.',
    camera_refused: 'Камеру не разрешили, вас не видно; разрешите её в настройках системы и позвоните снова.',
    camera_busy: 'Камера занята другой программой, вас не видно; закройте её и позвоните снова.',
    microphone_absent:
      'Микрофон недоступен, вас не слышно; подключите его или разрешите в настройках системы и позвоните снова.',
    media_trouble:
      'Часть картинки или звука не обрабатывается на этом компьютере; позвоните снова, а если не пройдёт, посмотрите журнал.',
    no_sound: 'Звонка не было слышно: нет выхода звука; проверьте настройки звука.',
    no_notifications: 'Этот рабочий стол не показывает уведомлений; звонок появится в своём окне.',
    no_tray: 'На этом рабочем столе нет трея: закрытое окно вернётся, если запустить «Звонок» ещё раз.',
    not_now: 'Сейчас это невозможно.',
    already_running: 'Этот профиль уже запущен; пользуйтесь его окном.',
    settings_unreadable: 'Настройки не читаются и лежат в {subject}; заполните их заново или исправьте тот файл.',
    internal: 'Внутри «Звонка» что-то сломалось; попробуйте ещё раз, а если не поможет, сообщите администратору.',
  },
};

/** The one thing a person can do about it, where it is more than reading it. */
export type Remedy = 'secret' | 'sign-in' | 'keyring' | 'settings' | 'call';

/** Codes with a remedy; the others are dismissed once read. */
export const remedies: Partial<Record<ErrorCode, Remedy>> = {
  bad_address: 'settings',
  server_unreachable: 'settings',
  not_that_server: 'settings',
  certificate_unknown: 'settings',
  certificate_changed: 'settings',
  secret_refused: 'secret',
  secret_missing: 'secret',
  keyring_locked: 'keyring',
  keyring_absent: 'settings',
  not_signed_in: 'sign-in',
  session_over: 'sign-in',
  password_refused: 'sign-in',
  not_encrypted: 'settings',
  no_accounts: 'settings',
  offline: 'call',
  busy: 'call',
  no_answer: 'call',
  declined: 'call',
  peer_lost: 'call',
};

/** Words on the remedy's button; `none` where reading it is all there is to do. */
export const remedyWords: Record<'en' | 'ru', Record<Remedy | 'none', string>> = {
  en: {
    secret: 'Enter the secret…',
    'sign-in': 'Sign in…',
    keyring: 'Unlock',
    settings: 'Open settings',
    call: 'Call again',
    none: 'OK',
  },
  ru: {
    secret: 'Ввести секрет…',
    'sign-in': 'Войти…',
    keyring: 'Разблокировать',
    settings: 'Открыть настройки',
    call: 'Позвонить ещё раз',
    none: 'Понятно',
  },
};
